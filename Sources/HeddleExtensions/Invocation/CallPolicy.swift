import HeddleModel
import HeddleResilience
import JSON

/// What may be done with the calls of one tool, by its manifest and by what it says of itself.
package struct CallPolicy: Sendable {
    /// How results are kept.
    struct Caching: Sendable {
        /// Nil takes what the configuration has for what the manifest declares.
        var ttl: Duration?
        /// Whether nobody said that its results hold for long: the tool alone says that it changes nothing, or it may change
        /// something.
        var isShort: Bool
        var stale: Duration
        var errors: Duration
        var isSharedInTenant: Bool
    }

    /// It changes nothing.
    package let isReadOnly: Bool
    /// It can be called again without doing more than once.
    package let isIdempotent: Bool
    /// Nil keeps no results.
    let caching: Caching?
    let retries: RetryPolicy
    /// The time of one try; nil gives it what is left of the call.
    let attempt: Duration?
    /// When a second process is asked the same; nil never does.
    let hedge: Duration?
    /// The parameter whose value decides which process is called.
    let hashParameter: String?

    /// Whether results of calls are kept.
    package var isCached: Bool { caching != nil }

    /// - Parameters:
    ///   - manifest: What the extension's author declares.
    ///   - tool: The definition that the operator accepted; what it says of itself counts where the manifest is silent.
    init(_ manifest: Manifest, _ tool: ToolDefinition) {
        let declared = manifest.declaration(of: tool.name)
        let cache = manifest.resultCaching
        let hints = tool.annotations
        let isNamed = cache.capabilities.contains(tool.name)
        // What the manifest says of a tool is all that counts of it, also that it is neither.
        let isIdempotentByItself = hints?["idempotentHint"]?.bool == true
        isReadOnly =
            declared?.isReadOnly ?? (declared?.isIdempotent == nil && (isNamed || hints?["readOnlyHint"]?.bool == true))
        isIdempotent = isReadOnly || (declared?.isIdempotent ?? isIdempotentByItself)
        // A second write that is left out is wrong when something else wrote in between, so a tool's own word is not enough.
        let isDeclared = isNamed || declared?.isReadOnly == true || declared?.isIdempotent == true
        // What depends on the world outside may be another answer the next time; only the manifest can know better.
        let isSafe = isDeclared || isReadOnly && hints?["openWorldHint"]?.bool != true
        caching =
            cache.isEnabled && isSafe && (isNamed || isIdempotent)
            ? Caching(
                ttl: cache.ttlMilliseconds.map { .milliseconds($0) },
                isShort: !(isNamed || declared?.isReadOnly == true) && cache.ttlMilliseconds == nil,
                stale: .milliseconds(cache.staleMilliseconds),
                errors: .milliseconds(cache.errorMilliseconds),
                isSharedInTenant: cache.isSharedInTenant
            ) : nil
        let retrying = manifest.retrying
        var rules = RetryPolicy.Configuration()
        rules.retries = retrying.most
        rules.base = .milliseconds(retrying.baseMilliseconds)
        rules.cap = .milliseconds(retrying.capMilliseconds)
        retries = RetryPolicy(rules)
        attempt = retrying.attemptMilliseconds.map { .milliseconds($0) }
        hedge = isReadOnly ? retrying.hedgeMilliseconds.map { .milliseconds($0) } : nil
        let scaling = manifest.scaling(isStateless: manifest.isStateless)
        hashParameter = scaling.balancing == .consistentHash ? scaling.hashParameter : nil
    }
}
