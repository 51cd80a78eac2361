import JSON

extension ThreeWay {
    private static let identifyingNames: Set<String> = ["id", "name", "key", "uuid"]

    /// Whether a side has put another object in the place of one: what the object is called by is not as it was.
    func isReplaced(_ object: Int, _ our: Int, _ their: Int) -> Bool {
        var (name, ourGuess, theirGuess) = (object + 1, our + 1, their + 1)
        while name < base.end(object) {
            let ourName = ours.counterpart(of: name, in: base, within: our, guess: ourGuess)
            let theirName = theirs.counterpart(of: name, in: base, within: their, guess: theirGuess)
            if let ourName { ourGuess = ours.end(ourName + 1) }
            if let theirName { theirGuess = theirs.end(theirName + 1) }
            if Self.isIdentifying(base.view(name).string ?? ""),
                !Self.areEqual(base, name + 1, ours, ourName.map { $0 + 1 })
                    || !Self.areEqual(base, name + 1, theirs, theirName.map { $0 + 1 })
            {
                return true
            }
            name = base.end(name + 1)
        }
        return false
    }

    private static func isIdentifying(_ name: String) -> Bool {
        identifyingNames.contains(name) || name.hasSuffix("_id")
    }
}
