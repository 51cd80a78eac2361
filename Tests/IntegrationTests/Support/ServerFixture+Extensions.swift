import JSON
import Testing

extension ServerFixture {
    /// The body of a registration.
    func registration(
        _ name: String,
        _ command: [String],
        grants: JSONValue = [:],
        loading: JSONValue = [:],
        resources: JSONValue = [:],
        activate: Bool = true
    ) -> JSONValue {
        [
            "name": .string(name),
            "source": ["kind": "command", "command": .array(command.map(JSONValue.string)), "directory": "/"],
            "grants": grants, "loading": loading, "resources": resources, "activate": .bool(activate),
        ]
    }

    /// Registers an extension that runs a command.
    ///
    /// - Throws: when there is no answer.
    func register(
        _ name: String,
        _ command: [String],
        loading: JSONValue = [:],
        resources: JSONValue = [:]
    ) throws -> HTTPAnswer {
        let body = registration(name, command, loading: loading, resources: resources)
        return try request("POST", "/api/v1/extensions", body: body.text)
    }

    /// Registers the well-behaved extension.
    ///
    /// - Throws: when there is no answer.
    func registerEcho(_ name: String = "echo", loading: JSONValue = [:]) throws {
        let answer = try register(name, [echo], loading: loading)
        try #require(answer.status == 201, "\(answer.json.text)")
    }

    func misbehaving(_ arguments: [String]) -> [String] { ["/usr/bin/python3", misbehave] + arguments }

    /// Registers `misbehave.py` as the extension `bad`.
    ///
    /// - Throws: when there is no answer.
    func registerBad(
        _ arguments: [String] = [],
        loading: JSONValue = [:],
        resources: JSONValue = [:]
    ) throws -> HTTPAnswer {
        try register("bad", misbehaving(arguments), loading: loading, resources: resources)
    }

    static func invocation(_ name: String, _ tool: String) -> String {
        "/api/v1/extensions/\(name)/capabilities/\(tool)/invoke"
    }

    /// Calls a tool.
    ///
    /// - Throws: when there is no answer.
    @discardableResult
    func call(
        _ name: String,
        _ tool: String,
        _ parameters: JSONValue = [:],
        milliseconds: Int? = nil
    ) throws -> HTTPAnswer {
        let options: JSONValue = milliseconds.map { ["timeout_ms": .integer($0)] } ?? [:]
        let body: JSONValue = ["parameters": parameters, "options": options]
        return try request("POST", Self.invocation(name, tool), body: body.text)
    }

    /// Whether the well-behaved extension answers.
    ///
    /// - Throws: when there is no answer.
    func echoWorks(_ name: String = "echo") throws -> Bool {
        let answer = try call(name, "echo", ["text": "héllo\n"])
        return answer.status == 200 && answer.json["execution_status"]?.string == "completed"
            && answer.toolText == "héllo\n"
    }

    /// How often the log of an extension says that a process was started.
    ///
    /// - Throws: when there is no answer.
    func starts(of name: String) throws -> Int {
        let lines = try request("GET", "/api/v1/extensions/\(name)/logs?lines=1000").json["lines"]?.array ?? []
        return lines.count { $0["text"]?.string?.contains("started as process") == true }
    }

    /// The instances of an extension that run.
    ///
    /// - Throws: when there is no answer.
    func instances(of name: String) throws -> [JSONValue] {
        try request("GET", "/api/v1/extensions/\(name)").json["instances"]?.array ?? []
    }
}
