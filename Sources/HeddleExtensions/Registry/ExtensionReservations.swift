import HeddleModel

/// What operations under way have taken of the registry, where it does not show yet.
struct ExtensionReservations {
    /// What an operation makes of the extension that it is changing.
    enum Intent {
        /// Nothing that others have to go together with.
        case undecided
        /// It comes, or comes in the place of the version that is there.
        case comes(Manifest)
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

    /// What comes and goes besides one extension.
    func changes(besides name: ExtensionName) -> RegistryChanges {
        var changes = RegistryChanges()
        for (other, intent) in intents where other != name {
            switch intent {
            case .undecided: break
            case .comes(let manifest): changes.coming.append(manifest)
            case .goes: changes.going.insert(other)
            }
        }
        return changes
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

/// What operations under way are about to make of the registry; each of them can still fail.
struct RegistryChanges {
    /// Extensions that come, or come in the place of the version that is there.
    var coming: [Manifest] = []
    var going: Set<ExtensionName> = []

    static let none = RegistryChanges()
}
