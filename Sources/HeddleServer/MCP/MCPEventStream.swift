import HTTPTypes
import Hummingbird
import NIOCore

/// An answer as server-sent events: notices while the call runs, then the result.
enum MCPEventStream {
    /// Notices that wait for a slow client; older ones make room, since progress only counts up.
    private static let waitingNotices = 64

    /// Starts the operation with the stream; `send` never waits.
    static func response(
        _ operation: @escaping @Sendable (_ send: @escaping @Sendable ([UInt8]) -> Void) async throws -> [UInt8]
    ) -> Response {
        let body = ResponseBody { writer in
            let (notices, continuation) = AsyncStream.makeStream(
                of: [UInt8].self,
                bufferingPolicy: .bufferingNewest(waitingNotices)
            )
            async let result = {
                defer { continuation.finish() }
                return try await operation { continuation.yield($0) }
            }()
            for await notice in notices { try await writer.write(event(notice)) }
            try await writer.write(event(result))
            try await writer.finish(nil)
        }
        return Response(
            status: .ok,
            headers: [.contentType: "text/event-stream", .cacheControl: "no-cache", .accelBuffering: "no"],
            body: body
        )
    }

    private static func event(_ message: [UInt8]) -> ByteBuffer {
        var buffer = ByteBufferAllocator().buffer(capacity: message.count + 32)
        buffer.writeStaticString("event: message\ndata: ")
        // A line break would end the event's line; between JSON tokens it means nothing.
        buffer.writeBytes(message.lazy.filter { $0 != 0x0A && $0 != 0x0D })
        buffer.writeStaticString("\n\n")
        return buffer
    }
}
