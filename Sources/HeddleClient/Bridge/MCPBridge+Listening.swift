import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import Synchronization

extension MCPBridge {
    /// Passes on what the server says of its own accord to a legacy session, such as that its list of tools changed.
    func listen() async {
        while !Task.isCancelled {
            guard let response = try? await openStream() else {
                try? await clock.sleep(for: .seconds(2))
                continue
            }
            switch response.status {
            case .ok where response.isEventStream:
                await pass(response)
            case .notFound:
                // The session is gone; the next request renews it.
                try? await clock.sleep(for: .seconds(3))
            default:
                // The server has no such stream.
                return
            }
            try? await clock.sleep(for: .seconds(2))
        }
    }

    private func openStream() async throws -> HTTPClientResponse {
        var request = control.request(.GET, "/mcp")
        request.headers.replaceOrAdd(name: "accept", value: "text/event-stream")
        for header in state.withLock({ $0.session.sessionHeaders }) {
            request.headers.add(name: header.name, value: header.value)
        }
        return try await control.http.execute(request, deadline: .distantFuture)
    }

    private func pass(_ response: HTTPClientResponse) async {
        var parser = ServerSentEventParser()
        do {
            for try await buffer in response.body {
                for event in parser.append(buffer.readableBytesView) {
                    guard let line = MCPMessage.line(event.data) else { continue }
                    _ = await output(line)
                }
            }
        } catch {
            // A stream that breaks is opened again.
        }
    }

    /// Tells the server that the session is over, if it still wants to know.
    func closeSession() async {
        let session = state.withLock { $0.session }
        guard session.id != nil else { return }
        var request = control.request(.DELETE, "/mcp")
        for header in session.sessionHeaders { request.headers.add(name: header.name, value: header.value) }
        guard let response = try? await control.http.execute(request, timeout: .seconds(1)) else { return }
        _ = try? await response.body.collect(upTo: 1 << 20)
    }
}
