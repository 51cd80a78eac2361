import NIOCore
import NIOHTTP1

/// Ends a connection whose answer has too many bytes before its body.
///
/// The parser bounds each header; this bounds the line with the status and answers that say "wait" as well.
final class HeadGuard: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    /// The bytes before the body are too many.
    struct Overflow: Error {}

    /// Sees when the head is over, behind the parser.
    final class End: ChannelInboundHandler {
        typealias InboundIn = HTTPClientResponsePart

        private let head: HeadGuard

        init(_ head: HeadGuard) { self.head = head }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            if case .head(let response) = unwrapInboundIn(data), response.status.code >= 200 { head.left = nil }
            context.fireChannelRead(data)
        }
    }

    /// Bytes of all heads of one answer.
    static let maximumBytes = 128 << 10

    /// Bytes that may still come; nil in the body.
    private var left: Int? = maximumBytes

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if let left {
            let rest = left - unwrapInboundIn(data).readableBytes
            self.left = rest
            // The body may have begun in the same piece, which is never as large as the allowance.
            guard rest >= 0 else {
                context.fireErrorCaught(Overflow())
                context.close(promise: nil)
                return
            }
        }
        context.fireChannelRead(data)
    }

    /// Puts a guard around the parser of a connection.
    ///
    /// - Throws: what the pipeline throws when it has no parser.
    static func add(to channel: any Channel) throws {
        let pipeline = channel.pipeline.syncOperations
        let parser = try pipeline.handler(type: ByteToMessageHandler<HTTPResponseDecoder>.self)
        let head = HeadGuard()
        try pipeline.addHandler(head, position: .before(parser))
        try pipeline.addHandler(End(head), position: .after(parser))
    }
}
