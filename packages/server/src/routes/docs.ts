// /openapi.json, and /docs, which shows it: Swagger's page, served from here.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Hono } from "hono";
import { problemKinds } from "../guard/refuse.ts";

const files: Readonly<Record<string, string>> = {
  "swagger-ui.css": "text/css; charset=utf-8",
  "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
  "favicon-32x32.png": "image/png",
};

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>noisette: the API</title>
<link rel="icon" href="/docs/favicon-32x32.png">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="api"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

const start = `SwaggerUIBundle({ url: "/openapi.json", dom_id: "#api", deepLinking: true });\n`;

const problemPage = `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>noisette: problems</title>
<h1>Problems</h1>
<table><tr><th>type<th>status<th>meaning
${Object.entries(problemKinds)
  .map(
    ([name, { status, title }]) => `<tr id="${name}"><td><code>/docs/problems#${name}</code><td>${status}<td>${title}`,
  )
  .join("\n")}
</table>
</html>
`;

/** The pages that describe the API. */
export function docsRoutes(): Hono {
  const folder = dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));
  const app = new Hono()
    .get("/docs", (c) => c.html(page))
    .get("/docs/problems", (c) => c.html(problemPage))
    .get("/docs/start.js", (c) => c.body(start, 200, { "content-type": "text/javascript; charset=utf-8" }));
  for (const [name, type] of Object.entries(files))
    app.get(`/docs/${name}`, async (c) =>
      c.body((await readFile(join(folder, name))).buffer as ArrayBuffer, 200, {
        "content-type": type,
        "cache-control": "max-age=86400",
      }),
    );
  return app;
}
