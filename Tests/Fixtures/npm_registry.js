#!/usr/bin/env node
// npm with a registry of its own beside it: an installer reaches the public internet and its own loopback, and no registry that a
// test could start outside. Packages are `NAME-VERSION.tgz` with their description in `NAME-VERSION.json` in the folder `registry`
// beside this script; `NAME-VERSION.tgz.served` is what is sent instead, and with
// `NAME-VERSION.tgz.gone` nothing is. Every request is told on standard error. Where the sandbox
// has no network, there is no registry either.
"use strict";

const { createHash } = require("crypto");
const fs = require("fs");
const http = require("http");
const os = require("os");
const path = require("path");

const folder = path.join(__dirname, "registry");
const port = 4873;
const npm = ["/usr/lib/node_modules/npm/bin/npm-cli.js", "/usr/share/nodejs/npm/bin/npm-cli.js"].find(fs.existsSync);

function packument(name) {
  const versions = {};
  let latest;
  for (const file of fs.readdirSync(folder).filter((file) => file.endsWith(".json"))) {
    const description = JSON.parse(fs.readFileSync(path.join(folder, file)));
    if (description.name !== name) continue;
    const tarball = path.join(folder, file.replace(/json$/, "tgz"));
    const hash = (name) => createHash(name).update(fs.readFileSync(tarball));
    const dist = { tarball: `http://127.0.0.1:${port}/${name}/-/${path.basename(tarball)}` };
    dist.shasum = hash("sha1").digest("hex");
    if (!description.weak) dist.integrity = "sha512-" + hash("sha512").digest("base64");
    latest = description.version;
    versions[latest] = { ...description, dist };
  }
  return latest && JSON.stringify({ name, "dist-tags": { latest }, versions });
}

function answer(request, response) {
  const name = decodeURIComponent(request.url.slice(1).split("?")[0]);
  console.error(`registry: GET ${name}`);
  if (name.endsWith(".tgz")) {
    const file = path.join(folder, path.basename(name));
    const found = fs.existsSync(file + ".gone") ? undefined : [file + ".served", file].find(fs.existsSync);
    if (found && fs.existsSync(path.join(folder, "silent"))) return;
    if (found) return response.end(fs.readFileSync(found));
  } else {
    const body = packument(name);
    if (body) return response.setHeader("content-type", "application/json").end(body);
  }
  response.statusCode = 404;
  response.end("{}");
}

function run() {
  process.env.npm_config_registry = `http://127.0.0.1:${port}/`;
  process.argv[1] = npm;
  require(npm);
}

if (Object.keys(os.networkInterfaces()).some((name) => name !== "lo")) {
  const server = http.createServer(answer);
  server.on("connection", (socket) => socket.unref());
  server.listen(port, "127.0.0.1", run).unref();
} else {
  console.error("registry: no network");
  run();
}
