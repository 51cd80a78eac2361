import Glibc
import JSON

/// The smallest useful MCP server over standard input and output, in both eras: one tool, `echo`.
///
/// Benchmarks and tests drive it, so it does nothing that costs time. `--mark TEXT` makes it answer with that text, so
/// that its versions can be told apart, `--description TEXT` describes the tool, `--tools NUMBER` lists more tools like
/// it, which only the first of is for calling, and with `--read-only` it says that it changes nothing, so that its
/// answers may be kept.
@main
struct Main {
    static func main() {
        var pending: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(0, &chunk, chunk.count)
            guard count > 0 else { return }
            pending += chunk[..<count]
            var output: [UInt8] = []
            var start = 0
            while let end = pending[start...].firstIndex(of: UInt8(ascii: "\n")) {
                if let answer = answer(Array(pending[start..<end])) { output += answer }
                start = end + 1
            }
            pending.removeFirst(start)
            guard write(output) else { return }
        }
    }

    private static func write(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { Glibc.write(1, $0.baseAddress?.advanced(by: sent), $0.count - sent) }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    private static func answer(_ line: [UInt8]) -> [UInt8]? {
        guard let message = try? JSONDocument(line).root, let id = message["id"], let method = message["method"]?.string
        else { return nil }
        let params = message["params"]
        var writer = JSONWriter(capacity: line.count + 128)
        writer.beginObject()
        writer.name("jsonrpc")
        writer.string("2.0")
        writer.name("id")
        writer.raw(id)
        switch method {
        case "tools/call" where params?["name"]?.equals("echo") == true:
            writeResult(params?["arguments"]?["text"], to: &writer)
        case "tools/list":
            writer.name("result")
            writer.value(["resultType": "complete", "ttlMs": 0, "cacheScope": "public", "tools": tools])
        case "initialize":
            let version = params?["protocolVersion"]?.string ?? "2025-11-25"
            writer.name("result")
            writer.value([
                "protocolVersion": .string(version), "capabilities": ["tools": [:]],
                "serverInfo": ["name": "heddle-echo", "version": "1.0.0"],
            ])
        case "server/discover":
            writer.name("result")
            writer.value([
                "resultType": "complete", "supportedVersions": ["2026-07-28", "2025-11-25"],
                "capabilities": ["tools": [:]], "ttlMs": 0, "cacheScope": "public",
                "_meta": ["io.modelcontextprotocol/serverInfo": ["name": "heddle-echo", "version": "1.0.0"]],
            ])
        case "ping":
            writer.name("result")
            writer.value([:])
        case _:
            writer.name("error")
            writer.value(["code": -32601, "message": "no such method or tool"])
        }
        writer.endObject()
        return writer.bytes + [UInt8(ascii: "\n")]
    }

    private static func writeResult(_ text: JSONView?, to writer: inout JSONWriter) {
        writer.name("result")
        writer.beginObject()
        writer.name("resultType")
        writer.string("complete")
        writer.name("content")
        writer.beginArray()
        writer.beginObject()
        writer.name("type")
        writer.string("text")
        writer.name("text")
        if let mark {
            writer.string(mark)
        } else if let text, text.kind == .string {
            writer.raw(text)
        } else {
            writer.string("")
        }
        writer.endObject()
        writer.endArray()
        writer.endObject()
    }

    private static let mark = option("--mark")

    private static func option(_ name: String) -> String? {
        let arguments = CommandLine.arguments
        guard let index = arguments.firstIndex(of: name), index + 1 < arguments.count else { return nil }
        return arguments[index + 1]
    }

    private static let tools: JSONValue = .array(
        (1...max(1, option("--tools").flatMap { Int($0) } ?? 1)).map { tool($0 == 1 ? "echo" : "echo_\($0)") }
    )

    private static func tool(_ name: String) -> JSONValue {
        [
            "name": .string(name),
            "description": .string(option("--description") ?? "Answers with the text it was given."),
            "inputSchema": [
                "type": "object", "properties": ["text": ["type": "string"]], "required": ["text"],
            ],
            "annotations": ["readOnlyHint": .bool(CommandLine.arguments.contains("--read-only"))],
        ]
    }
}
