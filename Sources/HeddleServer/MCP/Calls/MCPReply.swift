import HeddleExtensions
import Hummingbird
import NIOCore
import Synchronization

/// How the answer to a relayed request reaches its client: as one message, or at the end of a stream.
enum MCPReply {
    /// Waits for the answer of a client that may hang up.
    static func plain(_ relay: MCPRelay, _ channel: any Channel, _ hangUps: HangUps) async -> MCPAnswer {
        let cancel = LateCancel()
        let watch = hangUps.watch(channel) { cancel.cancel() }
        defer { watch.end() }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                cancel.set(relay.start { continuation.resume(returning: $0) })
            }
        } onCancel: {
            cancel.cancel()
        }
    }

    private enum Beginning: Sendable {
        case answer(MCPAnswer)
        case stream
    }

    /// Waits for the first message; the answer alone is one message, and anything before it makes a stream.
    ///
    /// In the legacy era a stream that breaks ends nothing: the client reads on where it was, or cancels.
    static func streamed(_ relay: MCPRelay, _ channel: any Channel, _ hangUps: HangUps) async -> Response {
        let session = relay.client.session
        let stream = session?.makeStream() ?? MCPStream()
        let cancel = LateCancel()
        let watch = hangUps.watch(channel) { cancel.cancel() }
        let begin = Begin()
        let beginning = await withCheckedContinuation { continuation in
            begin.wait(continuation)
            let outlet = MCPOutlet(
                notify: { message, isDroppable in
                    stream.send(message, isDroppable: isDroppable)
                    begin.tell(.stream)
                },
                ask: { ask in
                    session?.send(ask, over: stream)
                    begin.tell(.stream)
                }
            )
            cancel.set(
                relay.start(outlet) { answer in
                    stream.end(answer.bytes)
                    begin.tell(.answer(answer))
                    if session == nil { watch.end() }
                }
            )
        }
        switch beginning {
        case .answer(let answer):
            watch.end()
            session?.drop(stream)
            return answer.response
        case .stream where session != nil:
            watch.end()
            return stream.response()
        case .stream:
            return stream.response {
                watch.end()
                cancel.cancel()
            }
        }
    }

    private final class Begin: Sendable {
        private let waiting = Mutex<CheckedContinuation<Beginning, Never>?>(nil)

        func wait(_ continuation: CheckedContinuation<Beginning, Never>) {
            waiting.withLock { $0 = continuation }
        }

        /// The first one counts.
        func tell(_ beginning: Beginning) {
            let continuation = waiting.withLock { waiting in
                defer { waiting = nil }
                return waiting
            }
            continuation?.resume(returning: beginning)
        }
    }
}
