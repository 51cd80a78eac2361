import Logging
import Synchronization

/// The least severe level that is logged, which a running server can change.
final class LiveLogLevel: Sendable {
    private let index: Atomic<Int>

    init(_ level: Logger.Level) {
        index = Atomic(Self.index(level))
    }

    var level: Logger.Level {
        get {
            let index = index.load(ordering: .relaxed)
            return Logger.Level.allCases.indices.contains(index) ? Logger.Level.allCases[index] : .info
        }
        set { index.store(Self.index(newValue), ordering: .relaxed) }
    }

    private static func index(_ level: Logger.Level) -> Int { Logger.Level.allCases.firstIndex(of: level) ?? 0 }
}

/// Writes to standard error what is severe enough for the level of the moment.
///
/// A logger whose level was set never logs less severe events than that, however low the server's level is.
struct LiveLogHandler: LogHandler {
    private var base: StreamLogHandler
    private let live: LiveLogLevel
    private var least = Logger.Level.trace

    init(label: String, level: LiveLogLevel) {
        base = StreamLogHandler.standardError(label: label)
        live = level
    }

    var logLevel: Logger.Level {
        get { max(live.level, least) }
        set { least = newValue }
    }

    var metadata: Logger.Metadata {
        get { base.metadata }
        set { base.metadata = newValue }
    }

    var metadataProvider: Logger.MetadataProvider? {
        get { base.metadataProvider }
        set { base.metadataProvider = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { base[metadataKey: key] }
        set { base[metadataKey: key] = newValue }
    }

    func log(event: LogEvent) { base.log(event: event) }
}
