import HTTPTypes
import HeddleModel
import Hummingbird
import NIOCore
import Synchronization

/// Server-sent events to one client: notices and requests while something runs, then perhaps an answer.
///
/// What a session's stream has sent is kept for a while, so that a client whose connection broke reads on where it was
/// (MCP 2025-11-25, resumability).
final class MCPStream: Sendable {
    private struct Event {
        let number: Int
        let message: [UInt8]
    }

    private struct State {
        var events: [Event] = []
        var bytes = 0
        var last = 0
        var reader: AsyncStream<Void>.Continuation?
        /// Counts the readers, so that one whose connection broke does not end the next.
        var reading = 0
        /// The last event that was written to a connection.
        var written = 0
        var isEnded = false
    }

    /// What waits for a slow client, or is kept for one that comes back.
    private static let (mostEvents, mostBytes) = (512, 4 << 20)
    /// Notices of which some may be missing wait in a smaller number.
    private static let mostNotices = 64
    /// How long a stream says nothing.
    private static let silence = Duration.seconds(15)

    /// The name of the stream in its session, which begins its event ids; nil where nobody can come back.
    let name: String?
    private let state = Mutex(State())

    init(name: String? = nil) {
        self.name = name
    }

    /// The last event that a client was sent.
    var position: Int { state.withLock(\.written) }

    /// Whether it has said all.
    var isEnded: Bool { state.withLock(\.isEnded) }

    /// Sends a message; one that may be missing is dropped when the client is behind.
    func send(_ message: [UInt8], isDroppable: Bool = false) {
        let reader = state.withLock { state -> AsyncStream<Void>.Continuation? in
            guard !state.isEnded else { return nil }
            if isDroppable, state.last - state.written >= Self.mostNotices { return nil }
            append(message, to: &state)
            return state.reader
        }
        reader?.yield()
    }

    /// Ends it, with a last message if there is one.
    func end(_ message: [UInt8]? = nil) {
        let reader = state.withLock { state -> AsyncStream<Void>.Continuation? in
            guard !state.isEnded else { return nil }
            if let message { append(message, to: &state) }
            state.isEnded = true
            return state.reader
        }
        reader?.yield()
    }

    private func append(_ message: [UInt8], to state: inout State) {
        state.last += 1
        state.events.append(Event(number: state.last, message: message))
        state.bytes += message.count
        while state.events.count > Self.mostEvents || (state.bytes > Self.mostBytes && state.events.count > 1) {
            state.bytes -= state.events.removeFirst().message.count
        }
    }

    // MARK: Reading

    /// The answer that carries it to a client, from the event after a number on; a reader before this one ends.
    func response(after number: Int = 0, headers: HTTPFields = [:], left: @escaping @Sendable () -> Void = {})
        -> Response
    {
        var fields: HTTPFields = [.contentType: "text/event-stream", .cacheControl: "no-cache", .accelBuffering: "no"]
        for field in headers { fields[field.name] = field.value }
        let body = ResponseBody { [self] writer in
            let reader = Reader(self, after: number)
            defer {
                reader.end()
                left()
            }
            while let piece = await reader.next() {
                try await writer.write(piece.bytes)
                reader.wrote(piece)
            }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: fields, body: body)
    }

    /// Some events on their way to a client, and the number of the last.
    private struct Piece: Sendable {
        let bytes: ByteBuffer
        let number: Int
    }

    /// One connection that carries the stream.
    private final class Reader: Sendable {
        private let stream: MCPStream
        private let number: Int
        private let wakes: AsyncStream<Void>
        private let wake: AsyncStream<Void>.Continuation
        private let alive: Task<Void, Never>
        private let place: Mutex<(position: Int, isBegun: Bool)>

        init(_ stream: MCPStream, after position: Int) {
            self.stream = stream
            let position = min(position, stream.state.withLock(\.last))
            place = Mutex((position, false))
            let (wakes, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
            (self.wakes, self.wake) = (wakes, wake)
            let (number, earlier) = stream.state.withLock { state in
                let earlier = state.reader
                state.reading += 1
                state.reader = wake
                return (state.reading, earlier)
            }
            self.number = number
            earlier?.yield()
            // Unstructured and ended with the reader; a proxy on the way closes connections that say nothing.
            alive = Task {
                while !Task.isCancelled {
                    // A cancelled sleep is the end.
                    try? await Task.sleep(for: MCPStream.silence)
                    wake.yield()
                }
            }
        }

        /// What is to be written next; nil at the end, or when another connection carries the stream.
        func next() async -> Piece? {
            let (position, isBegun) = place.withLock { place in
                defer { place.isBegun = true }
                return place
            }
            if !isBegun, let id = stream.eventID(position) {
                // An event without a message, so that the client knows from where to read on before there is anything to read.
                return Piece(bytes: ByteBuffer(string: "id: \(id)\ndata:\n\n"), number: position)
            }
            var hasWaited = false
            while true {
                let (events, isEnded) = stream.next(after: position, for: number)
                if let last = events.last {
                    var bytes = ByteBuffer()
                    for event in events { stream.encode(event, into: &bytes) }
                    return Piece(bytes: bytes, number: last.number)
                }
                if isEnded { return nil }
                if hasWaited { return Piece(bytes: ByteBuffer(string: ": still here\n\n"), number: position) }
                var iterator = wakes.makeAsyncIterator()
                guard await iterator.next() != nil else { return nil }
                hasWaited = true
            }
        }

        /// The client has it.
        func wrote(_ piece: Piece) {
            place.withLock { $0.position = piece.number }
            stream.state.withLock { $0.written = max($0.written, piece.number) }
        }

        func end() {
            alive.cancel()
            wake.finish()
            stream.state.withLock { state in if state.reading == number { state.reader = nil } }
        }
    }

    private func next(after number: Int, for reading: Int) -> ([Event], isEnded: Bool) {
        state.withLock { state in
            guard state.reading == reading else { return ([], true) }
            return (state.events.filter { $0.number > number }, state.isEnded)
        }
    }

    private func eventID(_ number: Int) -> String? { name.map { "\($0)-\(number)" } }

    private func encode(_ event: Event, into buffer: inout ByteBuffer) {
        if let id = eventID(event.number) { buffer.writeString("id: \(id)\n") }
        buffer.writeStaticString("event: message\ndata: ")
        // A line break would end the event's line; between JSON tokens it means nothing.
        buffer.writeBytes(event.message.lazy.filter { $0 != 0x0A && $0 != 0x0D })
        buffer.writeStaticString("\n\n")
    }
}
