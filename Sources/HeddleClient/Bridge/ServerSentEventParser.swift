/// Reads `text/event-stream` as the HTML standard describes it.
package struct ServerSentEventParser: Sendable {
    /// One event that carries data.
    package struct Event: Sendable, Hashable {
        package let type: String
        package let id: String?
        package let data: [UInt8]

        package init(type: String = "message", id: String? = nil, data: [UInt8]) {
            self.type = type
            self.id = id
            self.data = data
        }
    }

    /// Bytes that the data of one event may have; an event past it is dropped.
    private let limit: Int
    private var line: [UInt8] = []
    private var data: [UInt8] = []
    private var hasData = false
    private var type = ""
    private var id: String?
    private var lastWasReturn = false
    private var isDropped = false

    package init(limit: Int = 128 << 20) { self.limit = limit }

    /// Takes more bytes and gives the events that they complete.
    package mutating func append(_ bytes: some Sequence<UInt8>) -> [Event] {
        var events: [Event] = []
        for byte in bytes {
            let isAfterReturn = lastWasReturn
            lastWasReturn = byte == 0x0D
            if byte == 0x0A, isAfterReturn { continue }
            guard byte == 0x0A || byte == 0x0D else {
                if line.count < limit { line.append(byte) } else { isDropped = true }
                continue
            }
            if let event = endLine() { events.append(event) }
        }
        return events
    }

    private mutating func endLine() -> Event? {
        defer { line.removeAll(keepingCapacity: true) }
        guard !line.isEmpty else { return dispatch() }
        let colon = line.firstIndex(of: 0x3A) ?? line.endIndex
        var value = line[min(colon + 1, line.endIndex)...]
        if value.first == 0x20 { value = value.dropFirst() }
        switch String(decoding: line[..<colon], as: UTF8.self) {
        case "data":
            if data.count + value.count >= limit { isDropped = true }
            guard !isDropped else { return nil }
            if hasData { data.append(0x0A) }
            data += value
            hasData = true
        case "event": type = String(decoding: value, as: UTF8.self)
        case "id": id = String(decoding: value, as: UTF8.self)
        default: break
        }
        return nil
    }

    private mutating func dispatch() -> Event? {
        defer {
            data = []
            hasData = false
            type = ""
            isDropped = false
        }
        guard hasData, !data.isEmpty, !isDropped else { return nil }
        return Event(type: type.isEmpty ? "message" : type, id: id, data: data)
    }
}
