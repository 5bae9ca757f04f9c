// Bundle GraphiQL with its editor workers, styles and fonts into dist/: nothing comes from a CDN.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { build } from "esbuild";

const outdir = "dist";
rmSync(outdir, { recursive: true, force: true });

const shared = {
  bundle: true,
  minify: true,
  outdir,
  target: "es2022",
  logLevel: "warning",
  legalComments: "linked",
  define: { "process.env.NODE_ENV": '"production"' },
  loader: { ".ttf": "file", ".graphql": "text" },
};

await build({
  ...shared,
  entryPoints: { graphiql: "src/graphiql.jsx" },
  format: "esm",
  splitting: true,
  jsx: "automatic",
});

// Workers are loaded as classic scripts, each a file of its own.
await build({
  ...shared,
  entryPoints: {
    "editor.worker": "monaco-editor/esm/vs/editor/editor.worker.js",
    "json.worker": "monaco-editor/esm/vs/language/json/json.worker.js",
    "graphql.worker": "monaco-graphql/esm/graphql.worker.js",
  },
  format: "iife",
});

writeFileSync(`${outdir}/index.html`, readFileSync("index.html"));
