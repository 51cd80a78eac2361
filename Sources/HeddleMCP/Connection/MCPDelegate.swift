package import JSON

/// What a connection tells its owner while it runs; called on the connection's event loop, so it must not block.
package struct MCPDelegate: Sendable {
    /// A log message of the extension: level and text.
    package var log: @Sendable (_ level: String, _ text: String) -> Void
    /// The extension says that its tools changed.
    package var toolsChanged: @Sendable () -> Void
    /// A notification of another kind, by its method.
    package var notified: @Sendable (_ method: String, _ params: JSONView?) -> Void
    /// The extension asked somebody while it worked for several, so that nobody can tell whom.
    package var askedAmbiguously: @Sendable () -> Void
    /// The pipe broke or the protocol was broken.
    ///
    /// The calls under way are told after it; called once.
    package var closed: @Sendable (_ reason: String) -> Void
    /// An answer came to a call that was given up, or to none at all.
    package var lateAnswer: @Sendable () -> Void
    /// The folders the extension may work in, as `file://` roots.
    package var roots: [String]

    package init(
        log: @escaping @Sendable (_ level: String, _ text: String) -> Void = { _, _ in },
        toolsChanged: @escaping @Sendable () -> Void = {},
        notified: @escaping @Sendable (_ method: String, _ params: JSONView?) -> Void = { _, _ in },
        askedAmbiguously: @escaping @Sendable () -> Void = {},
        closed: @escaping @Sendable (_ reason: String) -> Void = { _ in },
        lateAnswer: @escaping @Sendable () -> Void = {},
        roots: [String] = []
    ) {
        self.log = log
        self.toolsChanged = toolsChanged
        self.notified = notified
        self.askedAmbiguously = askedAmbiguously
        self.closed = closed
        self.lateAnswer = lateAnswer
        self.roots = roots
    }
}
