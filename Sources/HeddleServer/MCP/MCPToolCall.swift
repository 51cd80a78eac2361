import HTTPTypes
import HeddleExtensions
import HeddleMCP
import HeddleModel
import JSON
import Logging
import NIOCore

/// A call of a tool that an MCP client asked for, and how its end is told.
struct MCPToolCall: Sendable {
    let endpoint: MCPEndpoint
    let id: JSONView
    let era: MCPEra
    let request: InvocationService.Request
    let requestID: RequestID
    /// Names the progress of the call for a client that wants to be told of it.
    let progressToken: JSONView?

    /// Makes the call; the message that answers it is told once, on any thread.
    ///
    /// A cancellation of the same session ends it, as does the closure that is returned.
    func start(
        progress: (@Sendable ([UInt8]) -> Void)? = nil,
        completion: @escaping @Sendable ([UInt8]) -> Void
    ) -> @Sendable () -> Void {
        let (sessions, session) = (endpoint.sessions, request.session)
        let cancel = LateCancel()
        if let session { sessions.add(session, requestID: id.bytes) { cancel.cancel() } }
        var call = request
        if let progress, let token = progressToken {
            call.progress = { progress(Self.notice($0, token: token)) }
        }
        cancel.set(
            endpoint.services.invocations.start(.local(origin: .mcp, requestID: requestID), call) { [self] result in
                if let session { sessions.remove(session, requestID: id.bytes) }
                completion(encode(result))
            }
        )
        return { cancel.cancel() }
    }

    /// Makes the call for a client that may hang up.
    func run(on channel: any Channel, progress: (@Sendable ([UInt8]) -> Void)?) async -> [UInt8] {
        let cancel = LateCancel()
        let watch = endpoint.services.hangUps.watch(channel) { cancel.cancel() }
        defer { watch.end() }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                cancel.set(start(progress: progress) { continuation.resume(returning: $0) })
            }
        } onCancel: {
            cancel.cancel()
        }
    }

    // MARK: Messages

    private func encode(_ result: Result<InvocationService.Answer, any Error>) -> [UInt8] {
        switch result {
        case .success(let answer): return encode(answer)
        case .failure(let error):
            let known = Door.known(error)
            // A model can mend its parameters when it is told as a result what is wrong with them (MCP 2025-11-25).
            if known.code == .invalidParameters { return toolFailure(known) }
            if known.code == .internalError {
                endpoint.services.logger.error("Failed a call", metadata: ["error": "\(error)"])
            }
            let wire = known.value(requestID: requestID)["error"] ?? .null
            let message = wire["message"]?.string ?? ""
            return MCPAnswer.error(id: id, code: MCPErrorCode.internalError.rawValue, message, data: wire.bytes[...])
        }
    }

    private func encode(_ answer: InvocationService.Answer) -> [UInt8] {
        switch answer.outcome {
        case .failure(let failure):
            return MCPAnswer.error(id: id, code: failure.code, failure.message, data: failure.data?.bytes)
        case .result(let result):
            let needsType = era == .modern && result["resultType"] == nil
            return MCPAnswer.result(id: id, result.bytes, extra: needsType ? Self.complete : "")
        }
    }

    private func toolFailure(_ error: HeddleError) -> [UInt8] {
        let lines = error.violations.map { "\($0.path.isEmpty ? "the value" : $0.path) \($0.message)" }
        let text = ([error.message] + lines.dropFirst(3)).joined(separator: "\n")
        let result: JSONValue = ["content": [["type": "text", "text": .string(text)]], "isError": true]
        return MCPAnswer.result(id: id, result.bytes[...], extra: era == .modern ? Self.complete : "")
    }

    private static let complete = #""resultType":"complete""#

    private static func notice(_ params: JSONView, token: JSONView) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.name("jsonrpc")
        writer.string("2.0")
        writer.name("method")
        writer.string("notifications/progress")
        writer.name("params")
        writer.beginObject()
        writer.name("progressToken")
        writer.raw(token)
        for member in params.members where !member.name.equals("progressToken") {
            writer.name(member.name.string ?? "")
            writer.raw(member.value)
        }
        writer.endObject()
        writer.endObject()
        return writer.bytes
    }
}
