import HeddleMCP
import HeddleModel
import HeddleResilience

/// What the processes and the calls of one version go by: its manifest, and the protocol that it speaks.
struct PoolRules: Sendable {
    var isolation = Manifest.Isolation.tenant
    /// How long a process waits for the next call.
    var idleAfter = Duration.zero
    /// How many processes there may be; for each session where sessions have their own.
    var scale = InstanceScale()
    /// Sessions that may have a process at once.
    var mostSessions = 64
    var admission = AdmissionQueue.Configuration()
    var breaker = CircuitBreaker.Configuration()
    /// Calls of single capabilities at once.
    private var callLimits: [String: Int] = [:]

    init(idleAfter: Duration = .zero) {
        self.idleAfter = idleAfter
    }

    init(_ entry: RegisteredExtension) {
        let manifest = entry.manifest
        isolation = manifest.isolation
        idleAfter = manifest.idleTime
        // The modern protocol keeps nothing between calls (MCP 2026-07-28).
        let scaling = manifest.scaling(isStateless: manifest.isStateless || entry.revision?.era == .modern)
        scale.least = scaling.least
        scale.most = scaling.most
        scale.callsEach = scaling.callsEach
        scale.balancing = scaling.balancing
        mostSessions = scaling.sessions
        admission.limit = scaling.slots
        admission.queueLimit = scaling.queue
        let breaking = manifest.breaking
        breaker.failures = breaking.failures
        breaker.window = .seconds(breaking.windowSeconds)
        breaker.openFor = .seconds(breaking.openSeconds)
        breaker.probes = breaking.probes
        // A probe is given back in any case; one that is slow is none that was lost.
        breaker.probeTimeout = InvocationService.maximumTimeout + .seconds(60)
        breaker.failureRatePercent = breaking.failureRatePercent
        breaker.minimumCalls = breaking.minimumCalls
        if let slow = breaking.slowCallMilliseconds {
            breaker.slowCall = .milliseconds(slow)
            breaker.slowRatePercent = breaking.slowRatePercent
        }
        for capability in manifest.capabilities {
            guard let limit = capability.mostCalls else { continue }
            for tool in [capability.id] + capability.tools { callLimits[tool] = limit }
        }
    }

    /// Calls of a tool at once; nil leaves it to the slots of all.
    func callLimit(_ tool: String) -> Int? { callLimits[tool] }
}

extension Manifest {
    /// How long a process of the extension waits for the next call.
    fileprivate var idleTime: Duration {
        switch loadingStrategy {
        case .eager: .seconds(1 << 40)
        case .onDemand: .zero
        case .lazy, .background: .seconds(loading.idleSeconds)
        }
    }
}
