import HeddleExtensions
import HeddleMCP
import HeddleModel
import JSON
import NIOCore

/// The bodies of a call over REST: what is asked, and what came of it.
enum InvocationBody {
    /// Reads a call.
    ///
    /// - Throws: ``HeddleError`` with `invalidRequest`.
    static func decode(
        _ fields: JSONFields,
        extensionName: String,
        capability: String
    ) throws(HeddleError) -> InvocationService.Request {
        InvocationService.Request(
            extensionName: extensionName,
            capability: capability,
            parameters: parameters(fields),
            timeout: try timeout(fields)
        )
    }

    /// The schema of a call.
    static let schema = OwnSchema(
        "Invocation",
        Shape.object(optional: [
            "parameters": ["type": "object"],
            "context": Shape.object(optional: [
                "context_id": Shape.text, "user_id": Shape.text, "session_id": Shape.text, "request_id": Shape.text,
            ]),
            "options": Shape.object(optional: [
                "timeout_ms": Shape.integer(
                    1...Int(InvocationService.maximumTimeout / .milliseconds(1)),
                    default: Int(InvocationService.defaultTimeout / .milliseconds(1))
                )
            ]),
        ])
    )

    private static func parameters(_ fields: JSONFields) -> JSONView? {
        guard let view = fields.view("parameters"), !view.isNull else { return nil }
        return view
    }

    private static func timeout(_ fields: JSONFields) throws(HeddleError) -> Duration {
        guard let milliseconds = try fields.fieldsIfPresent("options")?.integerIfPresent("timeout_ms") else {
            return InvocationService.defaultTimeout
        }
        return .milliseconds(milliseconds)
    }

    /// The answer, with the extension's result spliced in as it came.
    static func encode(_ answer: InvocationService.Answer) -> ByteBuffer {
        let (name, bytes, failed) = body(answer.outcome)
        var buffer = ByteBufferAllocator().buffer(capacity: 192 + bytes.count)
        buffer.writeStaticString("{\"execution_id\":\"")
        buffer.writeString(answer.executionID.rawValue)
        buffer.writeStaticString("\",\"execution_status\":\"")
        buffer.writeString(failed ? "failed" : "completed")
        buffer.writeStaticString("\",\"execution_time_ms\":")
        let microseconds = Int(answer.elapsed / .microseconds(1))
        let fraction = String(microseconds % 1000 + 1000).dropFirst()
        buffer.writeString("\(microseconds / 1000).\(fraction)")
        buffer.writeString(",\"\(name)\":")
        buffer.writeBytes(bytes)
        buffer.writeStaticString("}")
        return buffer
    }

    private static func body(_ outcome: MCPOutcome) -> (name: String, bytes: ArraySlice<UInt8>, failed: Bool) {
        switch outcome {
        case .result(let result):
            return ("result", result.bytes, result["isError"]?.bool ?? false)
        case .failure(let failure):
            var writer = JSONWriter()
            writer.beginObject()
            writer.name("code")
            writer.string(HeddleError.Code.extensionRefused.rawValue)
            writer.name("message")
            writer.string(failure.message)
            writer.name("details")
            writer.beginObject()
            writer.name("mcp_code")
            writer.integer(failure.code)
            if let data = failure.data {
                writer.name("data")
                writer.raw(data)
            }
            writer.endObject()
            writer.endObject()
            return ("error", writer.bytes[...], true)
        }
    }
}
