import AsyncHTTPClient
import HeddleModel
import JSON
import NIOCore
import NIOHTTP1
import Synchronization

extension MCPBridge {
    /// Why a message did not get through.
    private enum Failure: Error {
        /// The server has forgotten the session of this id.
        case sessionGone(String)
        case failed(HeddleError)
    }

    /// Sends a request and writes what comes back, bringing up the server and the session when they are gone.
    func answer(_ message: MCPMessage, id: String) async {
        var hasRevived = false
        var hasRenewed = false
        while !Task.isCancelled {
            do {
                return try await exchange(message, id: id)
            } catch Failure.sessionGone(let session) where !hasRenewed {
                hasRenewed = true
                if await renew(session) { continue }
                return await fail(id, HeddleError(.internalError, "the server has ended the session"))
            } catch Failure.failed(let error) where error.code == .serverUnreachable && !hasRevived {
                hasRevived = true
                // A closed connection may have carried the request already; only what never left is sent again.
                if error.details["server"] != nil, await revive() { continue }
                return await fail(id, error)
            } catch Failure.failed(let error) {
                return await fail(id, error)
            } catch {
                return await fail(id, HeddleError.transport(error, requests.server))
            }
        }
    }

    private func fail(_ id: String, _ error: HeddleError) async {
        guard !Task.isCancelled else { return }
        _ = await output(
            MCPMessage.failure(id: id, code: -32_603, error.message, data: ["code": .string(error.code.rawValue)])
        )
    }

    private func exchange(_ message: MCPMessage, id: String) async throws {
        let headers = state.withLock { $0.session.headers(for: message) }
        let response = try await send(message, headers, by: requests)
        if response.isFine, response.isEventStream {
            return try await follow(response, of: message, id: id)
        }
        let body = Array(try await response.body.collect(upTo: HeddleClient.maximumBodyBytes).readableBytesView)
        if response.status == .notFound, let used = headers.first(where: { $0.name == "Mcp-Session-Id" }) {
            throw Failure.sessionGone(used.value)
        }
        if await deliver(body, to: message, id: id, session: response.mcpSession) { return }
        if let line = MCPMessage.failure(id: id, like: body) {
            _ = await output(line)
            return
        }
        throw Failure.failed(
            response.isFine
                ? HeddleError(.internalError, "the server's answer is no JSON-RPC message")
                : HeddleError(status: Int(response.status.code), body: body)
        )
    }

    /// Passes on the events of a stream until it ends.
    private func follow(_ response: HTTPClientResponse, of message: MCPMessage, id: String) async throws {
        var parser = ServerSentEventParser()
        var isAnswered = false
        for try await buffer in response.body {
            for event in parser.append(buffer.readableBytesView) {
                let session = response.mcpSession
                if await deliver(event.data, to: message, id: id, session: session) { isAnswered = true }
            }
        }
        guard isAnswered else {
            throw Failure.failed(HeddleError(.internalError, "the server's stream ended before the answer"))
        }
    }

    /// Writes one message of the server to the client.
    ///
    /// - Returns: whether it is the answer to the request.
    private func deliver(_ bytes: [UInt8], to message: MCPMessage, id: String, session: String?) async -> Bool {
        guard let document = try? JSONDocument(bytes) else { return false }
        let root = document.root
        let isAnswer = root["method"] == nil && root["id"].map { Array($0.bytes) } == Array(id.utf8)
        // An error without an id is told with the request's own by the caller.
        guard isAnswer || root["method"] != nil else { return false }
        if isAnswer, message.method == "initialize" {
            state.withLock { $0.session.note(greeted: root, sessionID: session) }
        }
        guard !Task.isCancelled else { return isAnswer }
        _ = await output(MCPMessage.compact(document))
        return isAnswer
    }

    private func send(
        _ message: MCPMessage,
        _ headers: [MCPSession.Header],
        by client: HeddleClient
    ) async throws -> HTTPClientResponse {
        var request = client.request(.POST, "/mcp")
        request.headers.replaceOrAdd(name: "accept", value: "application/json, text/event-stream")
        request.headers.add(name: "content-type", value: "application/json")
        for header in headers { request.headers.add(name: header.name, value: header.value) }
        request.body = .bytes(message.bytes)
        do {
            return try await client.http.execute(request, deadline: .distantFuture)
        } catch {
            throw Failure.failed(HeddleError.transport(error, client.server))
        }
    }

    /// Sends what gets no answer.
    func post(notification message: MCPMessage) async {
        let headers = state.withLock { $0.session.headers(for: message) }
        guard let response = try? await send(message, headers, by: control) else { return }
        _ = try? await response.body.collect(upTo: 1 << 20)
    }

    // MARK: Recovery

    /// Brings up a server that does not answer; of several that ask at once one does it and the others wait.
    private func revive() async -> Bool {
        let isFirst = state.withLock { state in
            defer { state.isReviving = true }
            return !state.isReviving
        }
        if isFirst {
            let isUp = await revival()
            state.withLock { $0.isReviving = false }
            return isUp
        }
        for _ in 0..<50 where !Task.isCancelled {
            if await control.isAnswering() { return true }
            try? await clock.sleep(for: .milliseconds(200))
        }
        return false
    }

    /// Says `initialize` again for a client that believes its session is alive.
    private func renew(_ stale: String) async -> Bool {
        let (greeting, current) = state.withLock { ($0.session.greeting, $0.session.id) }
        if let current, HeaderText.encode(current) != stale { return true }
        guard let greeting, let response = try? await send(greeting, [], by: control),
            let body = try? await response.body.collect(upTo: 16 << 20)
        else { return false }
        let bytes = Array(body.readableBytesView)
        var parser = ServerSentEventParser()
        let candidates = response.isEventStream ? parser.append(bytes).map(\.data) : [bytes]
        for candidate in candidates {
            guard let document = try? JSONDocument(candidate), document.root["result"] != nil else { continue }
            state.withLock { $0.session.note(greeted: document.root, sessionID: response.mcpSession) }
            let ready = #"{"jsonrpc":"2.0","method":"notifications/initialized"}"#
            if let message = try? MCPMessage(Array(ready.utf8)) { await post(notification: message) }
            return true
        }
        return false
    }
}

extension HTTPClientResponse {
    fileprivate var isFine: Bool { (200..<300).contains(status.code) }

    fileprivate var mcpSession: String? { headers.first(name: "mcp-session-id") }

    /// Whether the body is a stream of events.
    var isEventStream: Bool { (headers.first(name: "content-type") ?? "").hasPrefix("text/event-stream") }
}
