import HTTPTypes
import HeddleCoordination
import HeddleModel
import Hummingbird
import JSON
import NIOCore

/// What the routes of contexts read from a request and how they answer.
extension HeddleRequestContext {
    /// The context in the path.
    ///
    /// - Throws: ``HeddleError`` with `contextNotFound` when no context can have that id.
    func contextID() throws(HeddleError) -> HeddleModel.Context.ID {
        try identifier("id", .contextNotFound, "there is no context", "context_id")
    }

    /// The participant in the path.
    ///
    /// - Throws: ``HeddleError`` with `participantNotFound` when none can have that id.
    func participantID() throws(HeddleError) -> Participant.ID {
        try identifier("participant", .participantNotFound, "the context has no participant", "participant_id")
    }

    /// The session in the path.
    ///
    /// - Throws: ``HeddleError`` with `sessionNotFound` when none can have that id.
    func sessionID() throws(HeddleError) -> ContextSession.ID {
        try identifier("session", .sessionNotFound, "the context has no session", "session_id")
    }

    private func identifier<ID: Identifier>(
        _ name: String,
        _ code: HeddleError.Code,
        _ message: String,
        _ detail: String
    ) throws(HeddleError) -> ID {
        let text = parameters.get(name) ?? ""
        guard let id = ID(rawValue: text) else {
            throw HeddleError(code, "\(message) '\(text.clipped(80))'", details: [detail: text.clipped(80)])
        }
        return id
    }

    /// The name of a metadata item in the path.
    ///
    /// - Throws: ``HeddleError`` with `invalidRequest`.
    func metadataName() throws(HeddleError) -> String {
        let text = parameters.get("key") ?? ""
        let name = text.percentDecoded ?? ""
        guard (1...255).contains(name.utf8.count), !name.utf8.contains(0) else {
            throw HeddleError(
                .invalidRequest,
                "the key of a metadata item has 1 to 255 bytes and no NUL",
                details: ["field": "key"]
            )
        }
        return name
    }
}

extension Request {
    /// The merge patch (RFC 7396) of a body.
    ///
    /// - Throws: ``HeddleError`` with `unsupportedMediaType`, `bodyTooLarge`, `malformedJSON`, `invalidRequest`.
    func mergePatch(_ schema: OwnSchema, limit: Int) async throws -> JSONFields {
        let type = mediaType
        guard type == nil || type == "application/json" || type == "application/merge-patch+json" else {
            throw HeddleError(.unsupportedMediaType, "the body is application/merge-patch+json or application/json")
        }
        return try JSONFields.body(try await bytes(limit: limit), schema)
    }

    /// The media type of the body without its parameters; nil when it is not said.
    var mediaType: String? {
        headers[.contentType].map { $0.prefix { $0 != ";" && $0 != " " }.lowercased() }
    }
}

extension Response {
    /// One entity with its version.
    static func entity(_ bytes: [UInt8], version: Int, status: HTTPResponse.Status = .ok) -> Response {
        var response = Response.json(bytes: bytes, status: status)
        response.headers[.eTag] = "\"\(version)\""
        return response
    }

    /// Says whether the answer was kept in memory.
    mutating func setCache(_ isHit: Bool) { headers[.xCache] = isHit ? "hit" : "miss" }
}

extension HTTPField.Name {
    // Neither of them can be anything but a name.
    static let xCache = HTTPField.Name("X-Cache") ?? .age
}

extension ServerServices {
    /// Does what a request asks for, once for each `Idempotency-Key`.
    ///
    /// - Parameters:
    ///   - request: The request.
    ///   - body: What the key is bound to besides the operation.
    ///   - caller: Whose key it is.
    ///   - operation: What is asked for, such as a path.
    ///   - work: Does it and says the status and the body of the answer.
    /// - Returns: The answer, with a header when it was given before.
    /// - Throws: ``HeddleError`` as ``IdempotencyKeys``, or what the work throws.
    func answerOnce(
        _ request: Request,
        _ body: JSONView,
        _ caller: Caller,
        operation: String,
        work: () async throws -> IdempotencyKeys.Answer
    ) async throws -> Response {
        guard let key = request.headers[.idempotencyKey] else { return Self.response(try await work()) }
        let (answer, isReplay) = try await idempotency.answer(key, caller, operation: operation, body: body, work: work)
        var response = Self.response(answer)
        if isReplay { response.headers[.idempotencyReplayed] = "true" }
        return response
    }

    private static func response(_ answer: IdempotencyKeys.Answer) -> Response {
        .json(bytes: answer.body, status: HTTPResponse.Status(code: answer.status))
    }
}

extension String {
    /// The text that percent escapes stand for (RFC 3986 §2.1); nil when they are none, or stand for no text.
    fileprivate var percentDecoded: String? {
        guard utf8.contains(UInt8(ascii: "%")) else { return self }
        var (bytes, rest) = ([UInt8](), utf8[...])
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, let code = UInt8(String(Substring(rest.prefix(2))), radix: 16) else { return nil }
            bytes.append(code)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
