import FoundationEssentials
import JSON
import Testing

extension ServerFixture {
    static let contexts = "/api/v1/contexts"

    static func context(_ id: String, _ parts: String...) -> String {
        ([contexts, id] + parts).joined(separator: "/")
    }

    /// A request as it is sent.
    struct Sent {
        var method: String
        var path: String
        var body: String?
        var headers: [String: String] = [:]
    }

    /// Creates a context and gives what the server says of it.
    ///
    /// - Throws: when it is not created.
    @discardableResult
    func createContext(_ name: String = "team", _ more: JSONValue = [:]) throws -> JSONValue {
        var body: JSONObject = JSONObject(members: [
            .init(name: "name", value: .string(name)), .init(name: "type", value: "collaborative"),
        ])
        for member in more.object?.members ?? [] { body[member.name] = member.value }
        let answer = try request("POST", Self.contexts, body: JSONValue.object(body).text)
        try #require(answer.status == 201, "\(answer.json.text)")
        return answer.json
    }

    /// The id of a new context.
    ///
    /// - Throws: when it is not created.
    func contextID(_ name: String = "team", _ more: JSONValue = [:]) throws -> String {
        try #require(createContext(name, more)["context_id"]?.string)
    }

    /// Lets an agent into a context and gives the id of the participant.
    ///
    /// - Throws: when it does not get in.
    @discardableResult
    func join(_ context: String, _ agent: String, _ more: JSONValue = [:]) throws -> String {
        var body = more.object ?? JSONObject()
        body["agent_id"] = .string(agent)
        let answer = try request("POST", Self.context(context, "participants"), body: JSONValue.object(body).text)
        return try #require(answer.json["participant_id"]?.string, "\(answer.json.text)")
    }

    /// Changes the shared state.
    ///
    /// - Throws: when there is no answer.
    func patchState(_ id: String, _ patch: JSONValue, query: String = "", merges: Bool = false) throws -> HTTPAnswer {
        let type = merges ? "application/merge-patch+json" : "application/json-patch+json"
        let path = Self.context(id, "state") + query
        return try request("PATCH", path, body: patch.text, headers: ["Content-Type": type])
    }

    /// Every item of a list, by its cursors.
    ///
    /// - Throws: when there is no answer, or it is no list.
    func all(_ path: String, limit: Int) throws -> [JSONValue] {
        var (items, cursor): ([JSONValue], String) = ([], "")
        for _ in 0..<1000 {
            let mark = path.contains("?") ? "&" : "?"
            let answer = try request("GET", "\(path)\(mark)limit=\(limit)\(cursor)")
            try #require(answer.status == 200, "\(answer.json.text)")
            items += answer.json["items"]?.array ?? []
            guard let next = answer.json["next_cursor"]?.string else { return items }
            // A key may be a cursor, and have any characters.
            cursor = "&cursor=" + next.utf8.map { "%" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        }
        throw ChildProcess.Failure(description: "\(path) does not end")
    }

    /// Sends requests on connections of their own, all of them before the first answer is read; the answers in their order.
    ///
    /// - Throws: when there is no answer.
    func simultaneously(_ requests: [Sent]) throws -> [HTTPAnswer] {
        let connections = try requests.map { _ in try HTTPConnection(port: port) }
        for (sent, connection) in zip(requests, connections) {
            connection.send(
                bytes(sent.method, sent.path, body: sent.body.map { Array($0.utf8) }, headers: sent.headers)
            )
        }
        return try zip(requests, connections)
            .map { sent, connection in
                let answer = try connection.answer()
                try PublishedAnswers.check(sent.method, sent.path, answer) { try request("GET", "/openapi.json").json }
                return answer
            }
    }

    /// Runs a command whose standard output is JSON.
    ///
    /// - Throws: when it does not end with success.
    func json(_ arguments: String...) throws -> JSONValue {
        let outcome = try command(arguments + ["--output", "json"], seconds: 60)
        try #require(outcome.status == 0, "\(arguments): \(outcome)")
        return try JSONValue(parsing: Array(outcome.output.utf8))
    }
}
