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
        capability: String,
        standardTimeout: Duration = InvocationService.defaultTimeout
    ) throws(HeddleError) -> InvocationService.Request {
        let options = try fields.fieldsIfPresent("options")
        var request = InvocationService.Request(
            extensionName: extensionName,
            capability: capability,
            parameters: parameters(fields),
            timeout: try options?.integerIfPresent("timeout_ms").map { .milliseconds($0) }
                ?? standardTimeout
        )
        request.session = try fields.fieldsIfPresent("context")?.stringIfPresent("session_id")
        guard let options else { return request }
        request.cache = try cacheMode(options)
        request.cacheTTL = try options.integerIfPresent("cache_ttl_ms").map { .milliseconds($0) }
        request.priority = try options.choiceIfPresent("priority") ?? .normal
        request.wantsTrace = try options.boolIfPresent("trace") ?? false
        return request
    }

    /// `true` and `false` are short for what most callers want.
    private static func cacheMode(_ options: JSONFields) throws(HeddleError) -> CacheMode {
        if let flag = options.view("cache")?.bool { return flag ? .standard : .bypass }
        return try options.choiceIfPresent("cache") ?? .standard
    }

    /// The schema of a call.
    static let schema = OwnSchema(
        "Invocation",
        Shape.object(optional: [
            "parameters": ["type": "object"],
            "context": context,
            "options": options(timeout: InvocationService.defaultTimeout),
        ])
    )

    /// On whose behalf a call is made.
    static let context = Shape.object(optional: [
        "context_id": Shape.text, "user_id": Shape.text, "session_id": Shape.text, "request_id": Shape.text,
    ])

    /// How a call is made.
    static func options(timeout: Duration, more: [JSONObject.Member] = []) -> JSONValue {
        let common: [JSONObject.Member] = [
            .init(
                name: "timeout_ms",
                value: Shape.integer(
                    1...Int(InvocationService.maximumTimeout / .milliseconds(1)),
                    default: Int(timeout / .milliseconds(1))
                )
            ),
            .init(name: "cache", value: ["anyOf": [["type": "boolean"], Shape.choice(CacheMode.self)]]),
            .init(name: "cache_ttl_ms", value: Shape.integer(0...86_400_000 * 30)),
            .init(name: "priority", value: Shape.choice(CallPriority.self)),
            .init(name: "trace", value: Shape.flag),
        ]
        return Shape.object(optional: common + more)
    }

    private static func parameters(_ fields: JSONFields) -> JSONView? {
        guard let view = fields.view("parameters"), !view.isNull else { return nil }
        return view
    }

    /// The answer, with the extension's result spliced in as it came.
    static func encode(_ answer: InvocationService.Answer) -> ByteBuffer {
        let (name, bytes, failed) = body(answer.outcome)
        var buffer = ByteBufferAllocator().buffer(capacity: 192 + bytes.count)
        buffer.writeStaticString("{\"execution_id\":\"")
        buffer.writeString(answer.executionID.rawValue)
        // A tool's name has nothing that needs an escape.
        buffer.writeStaticString("\",\"capability_id\":\"")
        buffer.writeString(answer.capability)
        buffer.writeStaticString("\",\"method\":\"tools/call\",\"execution_status\":\"")
        buffer.writeString(failed ? "failed" : "completed")
        buffer.writeStaticString("\",\"execution_time_ms\":")
        let microseconds = Int(answer.elapsed / .microseconds(1))
        let fraction = String(microseconds % 1000 + 1000).dropFirst()
        buffer.writeString("\(microseconds / 1000).\(fraction)")
        buffer.writeString(",\"\(name)\":")
        buffer.writeBytes(bytes)
        writeCache(answer, to: &buffer)
        if let trace = answer.trace { write(trace, answer, to: &buffer) }
        buffer.writeStaticString("}")
        return buffer
    }

    private static func writeCache(_ answer: InvocationService.Answer, to buffer: inout ByteBuffer) {
        guard answer.isCached || answer.timeToLive != nil else {
            buffer.writeStaticString(",\"cache\":{\"hit\":false}")
            return
        }
        buffer.writeString(",\"cache\":{\"hit\":\(answer.isCached)")
        if answer.isStale { buffer.writeStaticString(",\"stale\":true") }
        let left = Int((answer.timeToLive ?? .zero) / .milliseconds(1))
        buffer.writeString(",\"ttl_ms\":\(left)}")
    }

    private static func write(_ trace: CallTrace, _ answer: InvocationService.Answer, to buffer: inout ByteBuffer) {
        let steps = trace.steps.map { step in
            let microseconds = Int(step.time / .microseconds(1))
            return "{\"name\":\"\(step.name)\",\"us\":\(microseconds)}"
        }
        buffer.writeString(
            ",\"trace\":{\"trace_id\":\"\(trace.traceID)\",\"span_id\":\"\(trace.spanID)\",\"attempts\":\(answer.attempts)"
                + ",\"steps\":[\(steps.joined(separator: ","))]}"
        )
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
