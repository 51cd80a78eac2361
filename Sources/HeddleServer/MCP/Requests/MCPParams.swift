import HeddleMCP
import JSON

/// Parameters and results on their way through, member by member.
enum MCPParams {
    /// What belongs to a round and not to the request itself.
    private static let ofRounds: Set<String> = ["_meta", "inputResponses", "requestState"]

    /// The members of a request's parameters that are passed on, without braces and line breaks.
    static func members(_ params: JSONView?, replacing replaced: [String: [UInt8]] = [:]) -> [UInt8] {
        var bytes: [UInt8] = []
        for (name, value) in params?.members.map({ $0 }) ?? [] {
            let text = name.string ?? ""
            guard !ofRounds.contains(text) else { continue }
            if !bytes.isEmpty { bytes.append(UInt8(ascii: ",")) }
            bytes += name.compactBytes + [UInt8(ascii: ":")] + (replaced[text] ?? value.compactBytes)
        }
        return bytes
    }

    /// An object with other values of some members.
    static func replacing(_ object: JSONView, _ replaced: [String: [UInt8]]) -> [UInt8] {
        var writer = JSONWriter(capacity: object.range.count + 128)
        writer.beginObject()
        for (name, value) in object.members {
            let text = name.string ?? ""
            writer.name(text)
            if let other = replaced[text] { writer.raw(other[...]) } else { writer.raw(value) }
        }
        writer.endObject()
        return writer.bytes
    }
}
