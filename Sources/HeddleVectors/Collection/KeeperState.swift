import HeddleModel

/// What the thread that keeps house has to know to decide what to do next.
struct KeeperState: Sendable {
    /// Something that a caller waits for.
    enum Request: Sendable {
        case checkpoint
        case optimize
        case measure
        case verify
        case snapshot(String)
    }

    /// One piece of work.
    enum Task: Sendable {
        case stop
        case request(Request, @Sendable (Result<Void, HeddleError>) -> Void)
        case calibrate
        case checkpoint
        case link
        case compact
        case merge
        case scrub
    }

    /// What is known about the files.
    struct Files: Sendable {
        var bytes = 0
        var segments = 0
        var damages: [String] = []
        var recalls: [Int: Int] = [:]
    }

    /// How much there is of what makes work.
    struct Load: Sendable, Equatable {
        var slots = 0
        var linked = 0
        var dead = 0
        var isCalibrated = false
        var clippedTooMuch = false
        var logBytes = 0
    }

    var isStopping = false
    var isWorking = false
    /// A row was read whose bytes are not those that were written.
    var isSuspicious = false
    var requests: [(Request, @Sendable (Result<Void, HeddleError>) -> Void)] = []
    var load = Load()
    var files = Files()
    /// Whether small files of rows are to be put together.
    var mayMerge = false
    /// Where reading for damage goes on; nothing when all was read.
    var scrub: Int? = 0
    /// What the load was when work failed: it is tried again when there is more to do.
    var failed: Load?

    mutating func next(_ settings: VectorSettings, _ options: VectorCollection.Options) -> Task? {
        if isStopping { return .stop }
        if !requests.isEmpty {
            let (request, answer) = requests.removeFirst()
            return .request(request, answer)
        }
        guard options.keepsHouse else { return nil }
        if let task = task(settings, options) { return task }
        if isSuspicious {
            isSuspicious = false
            scrub = 0
        }
        return scrub == nil ? nil : .scrub
    }

    private func task(_ settings: VectorSettings, _ options: VectorCollection.Options) -> Task? {
        // What failed fails again as long as nothing changes.
        if failed == load { return nil }
        let wantsGraph = load.slots - load.dead > settings.exactBelow && load.slots > 64
        if wantsGraph, !load.isCalibrated { return .calibrate }
        let mayTry = failed.map { load.logBytes >= $0.logBytes + 8 << 20 || load.dead > $0.dead * 2 } ?? true
        if mayTry, load.logBytes >= options.logBytes { return .checkpoint }
        if wantsGraph, load.linked < load.slots { return .link }
        guard mayTry else { return nil }
        let deadShare = load.dead * 100 >= load.slots * options.deadPercent
        if load.clippedTooMuch || (load.dead >= 1_000 && deadShare) { return .compact }
        return mayMerge ? .merge : nil
    }
}
