import HeddleModel

/// What operations under way have taken of the registry, where it does not show yet.
struct ExtensionReservations {
    /// What an operation makes of the extension that it is changing.
    enum Intent {
        /// Nothing that others have to go together with.
        case undecided
        case comes(ComingExtension)
        case goes
    }

    /// Names that an operation is changing.
    private var intents: [ExtensionName: Intent] = [:]
    /// Names of extensions that are stored and cannot be read, with their users; their data is still theirs.
    var unreadable: [String: UInt32] = [:]
    /// Where the search for a free user begins.
    private var nextUser: UInt32?
    /// Users of extensions that are being registered or removed.
    var users: Set<UInt32> = []
    /// Extensions that may be registered.
    var maximumExtensions: Int

    init(maximumExtensions: Int) {
        self.maximumExtensions = maximumExtensions
    }

    /// Takes a name; false when an operation has it.
    mutating func begin(_ name: ExtensionName) -> Bool {
        guard intents[name] == nil else { return false }
        intents[name] = .undecided
        return true
    }

    /// Says what the operation that has a name makes of it.
    mutating func decide(_ name: ExtensionName, _ intent: Intent) { intents[name] = intent }

    /// Frees a name, once the registry shows what became of it.
    mutating func end(_ name: ExtensionName) { intents[name] = nil }

    /// What comes and goes besides an extension and has to do with it.
    func changes(around comer: ComingExtension) -> RegistryChanges {
        var changes = RegistryChanges()
        for (other, intent) in intents where other != comer.member.name {
            switch intent {
            case .undecided: break
            case .comes(let coming):
                guard coming.isReplacing || coming.names(comer.member.name) || comer.names(other) else { continue }
                changes.coming.append(coming)
            case .goes: changes.going.insert(other)
            }
        }
        return changes
    }

    /// What comes and says something of an extension.
    func coming(naming name: ExtensionName) -> [ComingExtension] {
        intents.values.compactMap { intent in
            guard case .comes(let coming) = intent, coming.names(name) else { return nil }
            return coming
        }
    }

    /// Takes a real user for an extension that comes.
    ///
    /// - Throws: ``HeddleError`` with `tooManyRequests` when there are as many extensions as there may be.
    mutating func takeUser(from base: UInt32, _ registry: ExtensionRegistry) throws(HeddleError) -> UInt32 {
        let limit = maximumExtensions
        // A user leaves the reservations only after its extension was published, so the registry comes second.
        guard users.count + registry.snapshot.count < limit else {
            throw HeddleError(
                .tooManyRequests,
                "\(limit) extensions are registered already",
                details: ["limit": "extensions.maximum", "value": String(limit)]
            )
        }
        // The one after the last that was taken is almost always free; the numbers start over at the end.
        let range = base..<(base + UInt32(2 * limit))
        var user = nextUser.map { range.contains($0) ? $0 : range.lowerBound } ?? range.lowerBound
        while users.contains(user) || registry.isTaken(user: user) {
            user = user + 1 == range.upperBound ? range.lowerBound : user + 1
        }
        nextUser = user + 1
        users.insert(user)
        return user
    }
}

/// An extension that comes, or comes in the place of the version that is there, with what it says of others.
///
/// A class, since every check passes by all that come at the same time.
final class ComingExtension: Sendable {
    let member: DependencyGraph.Member
    let conflicts: [ExtensionName]
    let isReplacing: Bool
    private let named: Set<ExtensionName>

    init(_ manifest: Manifest, isReplacing: Bool) {
        member = manifest.graphMember
        conflicts = manifest.compatibility.conflicts
        self.isReplacing = isReplacing
        named = Set(manifest.dependencies.map(\.name) + conflicts)
    }

    /// Whether it needs an extension or cannot be beside it.
    func names(_ name: ExtensionName) -> Bool { !named.isEmpty && named.contains(name) }
}

/// What operations under way are about to make of the registry; each of them can still fail.
struct RegistryChanges {
    var coming: [ComingExtension] = []
    var going: Set<ExtensionName> = []

    var isEmpty: Bool { coming.isEmpty && going.isEmpty }
}
