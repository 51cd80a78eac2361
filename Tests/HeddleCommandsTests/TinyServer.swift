import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix

/// An HTTP server that answers every request with what a test wants.
struct TinyServer: Sendable {
    /// What is sent back.
    struct Answer: Sendable {
        var status: HTTPResponseStatus = .ok
        var headers: HTTPHeaders = [:]
        var body: String
        /// Ends the connection with a reset instead.
        var resets = false
    }

    typealias Responder = @Sendable (HTTPRequestHead, String) -> Answer

    /// A server that runs.
    struct Running: Sendable {
        let address: String
    }

    private let responder: Responder

    init(_ responder: @escaping Responder) { self.responder = responder }

    /// Runs a body with the server on a free port.
    func run(_ body: (Running) async throws -> Void) async throws {
        let responder = responder
        let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Handler(responder: responder))
                }
            }
            .bind(host: "127.0.0.1", port: 0)
            .get()
        do {
            try await body(Running(address: "http://127.0.0.1:\(channel.localAddress?.port ?? 0)"))
        } catch {
            try await channel.close()
            throw error
        }
        try await channel.close()
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let responder: Responder
        private var head: HTTPRequestHead?
        private var body = ""

        init(responder: @escaping Responder) { self.responder = responder }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head):
                self.head = head
                body = ""
            case .body(let buffer):
                body += String(buffer: buffer)
            case .end:
                guard let head else { return }
                let answer = responder(head, body)
                if answer.resets {
                    let provider = context.channel as? any SocketOptionProvider
                    _ = provider?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
                    context.close(promise: nil)
                    return
                }
                var headers = answer.headers
                headers.replaceOrAdd(name: "content-length", value: String(answer.body.utf8.count))
                let response = HTTPResponseHead(version: .http1_1, status: answer.status, headers: headers)
                context.write(wrapOutboundOut(.head(response)), promise: nil)
                context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: answer.body)))), promise: nil)
                context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            }
        }
    }
}
