import HeddleMCP
import HeddleModel
import JSON

/// Messages to clients that are no plain answers.
enum MCPNotice {
    /// A notification with the parameters that it came with.
    static func make(_ method: String, _ params: JSONView?) -> [UInt8] {
        write(method) { writer in
            if let params { writer.raw(params) } else { writer.value([:]) }
        }
    }

    /// A notification with parameters of ours.
    static func make(_ method: String, _ params: JSONValue) -> [UInt8] {
        write(method) { $0.value(params) }
    }

    /// A notification of progress under the token that the client knows.
    static func progress(_ params: JSONView, token: JSONView) -> [UInt8] {
        write("notifications/progress") { writer in
            writer.beginObject()
            writer.name("progressToken")
            writer.raw(token)
            for member in params.members where !member.name.equals("progressToken") {
                writer.name(member.name.string ?? "")
                writer.raw(member.value)
            }
            writer.endObject()
        }
    }

    private static func write(_ method: String, _ params: (inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.name("jsonrpc")
        writer.string("2.0")
        writer.name("method")
        writer.string(method)
        writer.name("params")
        params(&writer)
        writer.endObject()
        return writer.bytes
    }

    /// The answer that asks a client of the modern era for input.
    static func inputRequired(_ id: JSONView, _ questions: [ParkedCall.Question], state: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.name("resultType")
        writer.string("input_required")
        writer.name("inputRequests")
        writer.raw(inputRequests(questions)[...])
        writer.name("requestState")
        writer.string(state)
        writer.endObject()
        return MCPAnswer.result(id: id, writer.bytes[...])
    }

    /// What an extension asks, by the names that the answers have.
    static func inputRequests(_ questions: [ParkedCall.Question]) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        for question in questions {
            writer.name(question.key)
            writer.beginObject()
            writer.name("method")
            writer.string(question.ask.method)
            if let params = question.ask.params {
                writer.name("params")
                writer.raw(params)
            }
            writer.endObject()
        }
        writer.endObject()
        return writer.bytes
    }

    /// What an extension is told that asks for what the client does not offer.
    static func notOffered(_ method: String) -> MCPFailure {
        MCPFailure(
            code: MCPErrorCode.methodNotFound.rawValue,
            message: "the client does not offer '\(method.clipped(80))'"
        )
    }
}
