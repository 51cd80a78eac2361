import HeddleExtensions
import HeddleModel
import HeddleSandbox
import HeddleStore
import Logging
import Synchronization

/// The parts of a running server that take new settings, each read where it is used.
///
/// Every setting whose effect is `reload` is told to its part here.
struct LiveSettings: Sendable {
    let logLevel: LiveLogLevel
    let door: Door
    let bodyLimit: LiveLimit
    let sandbox: Sandbox
    let extensions: ExtensionService
    let results: ResultCache
    let limits: CallLimits
    let store: HeddleStore
    let directory: DataDirectory

    /// Tells the settings to all parts; what can fail comes first, so that they get all of them or none.
    ///
    /// - Throws: ``HeddleError`` when the token of the data directory can be neither read nor written.
    func apply(_ configuration: ServerConfiguration, changed: Set<String>) throws(HeddleError) {
        let token: AccessToken? =
            try changed.contains("security.token")
            ? .load(configured: configuration.text("security.token"), directory: directory) : nil
        door.replace(token: token, origins: configuration.origins)
        logLevel.level = configuration.logLevel
        bodyLimit.value = configuration.bodyLimit
        sandbox.setMaximumProcesses(configuration.integer("sandbox.maximum_processes"))
        extensions.setMaximumExtensions(configuration.integer("extensions.maximum"))
        results.configure(configuration.resultCache)
        limits.configure(configuration.callLimits)
        store.setBatches(
            maximumItems: configuration.integer("store.batch.max_items"),
            maximumDelay: .milliseconds(configuration.integer("store.batch.max_delay_ms")),
            maximumQueue: configuration.integer("store.batch.max_queue")
        )
    }
}

/// A number that is read at each use and may change in between.
final class LiveLimit: Sendable {
    private let number: Atomic<Int>

    init(_ value: Int) {
        number = Atomic(value)
    }

    var value: Int {
        get { number.load(ordering: .relaxed) }
        set { number.store(newValue, ordering: .relaxed) }
    }
}

extension ServerConfiguration {
    var logLevel: Logger.Level { Logger.Level(rawValue: text("log.level")) ?? .info }

    /// Largest request body, in bytes.
    var bodyLimit: Int { integer("http.max_body_mb") << 20 }

    var origins: OriginRules {
        OriginRules(
            host: text("http.host"),
            allowedHosts: list("http.allowed_hosts"),
            allowedOrigins: list("http.allowed_origins")
        )
    }
}
