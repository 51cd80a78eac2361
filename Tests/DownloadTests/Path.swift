import Synchronization

/// A path that a server learns after it has started.
final class Path: Sendable {
    private let text = Mutex("")

    var value: String {
        get { text.withLock(\.self) }
        set { text.withLock { $0 = newValue } }
    }
}
