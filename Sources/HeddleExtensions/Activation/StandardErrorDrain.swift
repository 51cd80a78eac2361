import HeddleMCP
import HeddleModel
import NIOCore
import NIOPosix

/// Reads a process's standard error for as long as it lives, so that it never blocks on a full pipe.
final class StandardErrorDrain: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private var splitter = LineSplitter(maximumLine: ExtensionLog.lineBytes, maximumSkipped: .max)
    private let line: @Sendable (String) -> Void

    private init(line: @escaping @Sendable (String) -> Void) {
        self.line = line
    }

    /// Takes over the read end of the pipe; each line is handed on, on the event loop.
    ///
    /// - Throws: what NIO throws when the end is no pipe.
    static func start(_ descriptor: Int32, line: @escaping @Sendable (String) -> Void) async throws {
        _ = try await NIOPipeBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(StandardErrorDrain(line: line))
                }
            }
            .takingOwnershipOfDescriptor(input: descriptor)
            .get()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        take(unwrapInboundIn(data))
    }

    /// The last words of a process may come without a line's end.
    func channelInactive(context: ChannelHandlerContext) {
        if splitter.partial != nil { take(ByteBuffer(string: "\n")) }
        context.fireChannelInactive()
    }

    private func take(_ bytes: ByteBuffer) {
        var piece = bytes
        splitter.append(&piece)
        while let event = splitter.next() {
            switch event {
            case .line(let bytes): line(String(decoding: bytes, as: UTF8.self))
            case .oversized(let prefix): line(String(decoding: prefix, as: UTF8.self) + " …")
            case .overflow: break
            }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
