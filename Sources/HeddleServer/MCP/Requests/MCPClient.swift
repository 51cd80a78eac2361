import HeddleMCP
import JSON

/// The client of one request, as far as its era lets it say so.
struct MCPClient: Sendable {
    let era: MCPEra
    /// What it can do, an object's bytes without line breaks.
    let capabilities: [UInt8]
    /// Which of `elicitation`, `sampling` and `roots` it can be asked for.
    let abilities: Set<String>
    /// Whether it takes tasks for answers.
    let takesTasks: Bool
    /// From which level on it wants log messages with this request; nil for none.
    let logLevel: MCPLogLevel?
    /// Its conversation, in the legacy era.
    let session: MCPSession?

    private static let askable = ["elicitation", "sampling", "roots"]

    /// A client of the modern era, from the metadata of its request.
    init(modern meta: JSONView?) {
        let stated = meta?.member(MCPMetaKey.clientCapabilities)
        era = .modern
        capabilities = stated?.compactBytes ?? Array("{}".utf8)
        abilities = Self.abilities(stated)
        takesTasks = stated?["extensions"]?.member(MCPMetaKey.tasks) != nil
        logLevel = meta?.member(MCPMetaKey.logLevel)?.string.flatMap(MCPLogLevel.init(rawValue:))
        session = nil
    }

    /// A client of the legacy era; without a session nothing is known of it.
    init(legacy session: MCPSession?) {
        era = .legacy
        capabilities = session?.opening.capabilities ?? Array("{}".utf8)
        abilities = session?.opening.abilities ?? []
        takesTasks = false
        logLevel = session?.logLevel
        self.session = session
    }

    /// Which of what a client can be asked for some capabilities hold.
    static func abilities(_ capabilities: JSONView?) -> Set<String> {
        Set(askable.filter { capabilities?.member($0)?.kind == .object })
    }

    /// Whether it can be asked what a request of an extension asks.
    func canAnswer(_ method: String) -> Bool {
        abilities.contains(String(method.prefix { $0 != "/" }))
    }

    /// Whether an extension can ask it something while it works for it.
    var canBeAsked: Bool { !abilities.isEmpty }
}
