import FoundationEssentials
import HeddleTestSupport
import JSON
import Testing

/// `worker.py` as an extension: calls whose processes tell which of them had it, and that note what they began.
enum Worker {
    /// Registers `worker.py` as `worker`, with sections of a manifest.
    static func add(_ server: ServerFixture, _ sections: JSONValue = [:]) throws {
        let worker = server.scratch.path + "/programs/worker.py"
        var manifest = JSONObject(members: [
            .init(name: "name", value: "worker"), .init(name: "version", value: "1.0.0"),
            .init(
                name: "runtime",
                value: ["command": .array(["/usr/bin/python3", .string(worker), "/data"])]
            ),
        ])
        for section in sections.object?.members ?? [] { manifest[section.name] = section.value }
        try server.scratch.write("worker/extension.json", JSONValue.object(manifest).text)
        let source: JSONValue = ["kind": "directory", "path": .string(server.scratch.path + "/worker")]
        let added = try server.request(
            "POST",
            "/api/v1/extensions",
            body: JSONValue.object(JSONObject(members: [.init(name: "source", value: source)])).text
        )
        try #require(added.status == 201, "\(added.json.text)")
    }

    static let readOnly: JSONValue = [
        ["id": "read", "read_only": true], ["id": "die_once", "idempotent": true],
    ]

    static func call(
        _ server: ServerFixture,
        _ tool: String,
        _ parameters: JSONValue = [:],
        options: JSONValue = [:],
        session: String? = nil
    ) throws -> HTTPAnswer {
        try server.request(
            "POST",
            ServerFixture.invocation("worker", tool),
            body: body(parameters, options, session)
        )
    }

    private static func body(_ parameters: JSONValue, _ options: JSONValue, _ session: String?) -> String {
        var body = JSONObject(members: [
            .init(name: "parameters", value: parameters), .init(name: "options", value: options),
        ])
        if let session { body["context"] = ["session_id": .string(session)] }
        return JSONValue.object(body).text
    }

    /// Makes calls at the same time, each over a connection of its own.
    static func together(
        _ server: ServerFixture,
        _ tool: String,
        _ parameters: [JSONValue],
        options: JSONValue = [:],
        meanwhile: () throws -> Void = {}
    ) throws -> [HTTPAnswer] {
        let path = ServerFixture.invocation("worker", tool)
        let connections = try parameters.map { parameters in
            let connection = try HTTPConnection(port: server.port)
            connection.send(server.bytes("POST", path, body: Array(body(parameters, options, nil).utf8)))
            return connection
        }
        try meanwhile()
        return try connections.map { try $0.answer() }
    }

    /// The calls that its processes began, by their keys.
    static func begun(_ server: ServerFixture) -> [String] {
        let text = readText(server.data + "/extensions/default/worker/calls")
        return text.split(separator: "\n")
            .compactMap { $0.split(separator: " ", maxSplits: 1).last.map(String.init) }
    }

    static func process(_ answer: HTTPAnswer) -> String? { answer.structured?["process"]?.string }
}
