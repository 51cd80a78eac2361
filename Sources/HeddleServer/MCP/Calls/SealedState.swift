import Crypto
import FoundationEssentials
import HeddleModel
import JSON

/// What a client carries from one round of a call to the next, unreadable and unchangeable for it.
///
/// AES-GCM over a few members: what the state is of, whom it was given to, for which request, and until when (MCP
/// 2026-07-28, input required).
struct SealedState: Sendable {
    /// What a state is of.
    enum Content: Equatable, Sendable {
        /// A call that waits in this server for the answers.
        case parked(String)
        /// A state of the extension, to be given back byte for byte and to the process that gave it.
        case inner(String, instance: UInt64? = nil)
        /// Nothing but that the round was made.
        case plain
    }

    static let lifetime = Duration.seconds(300)
    private static let version: UInt8 = 1

    private let key: SymmetricKey

    /// Takes the key of the server, of 32 bytes or more.
    init(secret: [UInt8]) {
        key = HKDF<SHA256>
            .deriveKey(
                inputKeyMaterial: SymmetricKey(data: secret),
                info: Array("heddle request state".utf8),
                outputByteCount: 32
            )
    }

    /// Seals a state for one principal and one request.
    func seal(_ content: Content, for principal: String, _ request: [UInt8], now: Timestamp) -> String? {
        let (kind, value, instance): (String, String, UInt64?) =
            switch content {
            case .parked(let id): ("parked", id, nil)
            case .inner(let state, let instance): ("inner", state, instance)
            case .plain: ("plain", "", nil)
            }
        let members: JSONValue = [
            "kind": .string(kind), "value": .string(value), "principal": .string(principal),
            "instance": instance.map { .string(String($0)) } ?? .null,
            "until": .integer(now.milliseconds + Int(Self.lifetime / .milliseconds(1))),
        ]
        guard let box = try? AES.GCM.seal(members.bytes, using: key, authenticating: Self.bound(request)),
            let combined = box.combined
        else { return nil }
        return Data(combined).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    /// Opens a state; nil for one that is not ours, is too old, or was given to somebody else or for something else.
    func open(_ text: String, for principal: String, _ request: [UInt8], now: Timestamp) -> Content? {
        var base64 = text.replacing("-", with: "+").replacing("_", with: "/")
        base64 += String(repeating: "=", count: (4 - base64.utf8.count % 4) % 4)
        guard text.utf8.count <= 1 << 20, let data = Data(base64Encoded: base64),
            let box = try? AES.GCM.SealedBox(combined: data),
            let bytes = try? AES.GCM.open(box, using: key, authenticating: Self.bound(request)),
            let members = try? JSONValue(parsing: Array(bytes)),
            members["principal"]?.string == principal, let until = members["until"]?.integer,
            now.milliseconds <= until, let value = members["value"]?.string
        else { return nil }
        switch members["kind"]?.string {
        case "parked": return .parked(value)
        case "inner": return .inner(value, instance: members["instance"]?.string.flatMap(UInt64.init))
        case "plain": return .plain
        case _: return nil
        }
    }

    private static func bound(_ request: [UInt8]) -> [UInt8] { [version] + SHA256.hash(data: request) }
}
