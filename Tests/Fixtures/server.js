// A small MCP server in JavaScript, without dependencies: answers one line of JSON-RPC with another.
"use strict";

const tool = {
  name: "greet",
  description: "Greets by name.",
  inputSchema: { type: "object", properties: { name: { type: "string" } }, required: ["name"] },
};

function result(method, params) {
  switch (method) {
    case "initialize":
      return {
        protocolVersion: params.protocolVersion,
        capabilities: { tools: {} },
        serverInfo: { name: "greeter", version: "1.0.0" },
      };
    case "tools/list":
      return { tools: [tool] };
    case "tools/call":
      return { content: [{ type: "text", text: `Hello ${params.arguments.name}, from ${process.argv.slice(2)}` }] };
    case "ping":
      return {};
  }
}

require("readline")
  .createInterface({ input: process.stdin })
  .on("line", (line) => {
    const { id, method, params } = JSON.parse(line);
    if (id === undefined) return;
    const answer = result(method, params ?? {});
    const body = answer ? { result: answer } : { error: { code: -32601, message: "no such method" } };
    process.stdout.write(JSON.stringify({ jsonrpc: "2.0", id, ...body }) + "\n");
  });
