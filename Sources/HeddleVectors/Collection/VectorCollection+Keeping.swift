import HeddleModel
import Logging

extension VectorCollection {
    /// Slots that are linked before the thread looks for something more urgent.
    private static let linkedAtOnce: UInt32 = 1_024
    /// Pieces of files that are read for damage at once.
    private static let scrubbedAtOnce = 256

    /// Makes the log short: writes what it has into files of rows, ids and links.
    ///
    /// Writers do not wait for it.
    ///
    /// - Throws: ``HeddleError`` with `.storageFull` or `.internalError`; nothing is lost then.
    package func checkpoint() async throws { try await ask(.checkpoint) }

    /// Takes out what was deleted, orders what is left so that near points are near in memory, links what has no links,
    /// and measures recall.
    ///
    /// - Throws: ``HeddleError`` with `.storageFull` or `.internalError`; nothing is lost then.
    package func optimize() async throws { try await ask(.optimize) }

    /// Measures what recall each `ef` reaches, with the last queries or with points of the collection.
    ///
    /// - Throws: ``HeddleError`` with `.internalError`.
    package func measureRecall() async throws { try await ask(.measure) }

    /// Reads all files for damage, and leaves out what is damaged.
    ///
    /// - Throws: ``HeddleError`` with `.internalError`.
    package func verify() async throws { try await ask(.verify) }

    /// Makes a copy that can be opened as a collection; files are shared where the file system can do that.
    ///
    /// - Parameter folder: A folder that is not there yet.
    /// - Throws: ``HeddleError`` with `.storageFull`, `.invalidRequest` when the folder is there.
    package func snapshot(to folder: String) async throws { try await ask(.snapshot(folder)) }

    private func ask(_ request: KeeperState.Request) async throws {
        try await withCheckedThrowingContinuation { (caller: CheckedContinuation<Void, any Error>) in
            let isTaken = keeper.change { state in
                guard !state.isStopping else { return false }
                state.requests.append((request, { caller.resume(with: $0) }))
                return true
            }
            if !isTaken {
                caller.resume(throwing: HeddleError(.collectionNotFound, "the collection is closed or was dropped"))
            }
        }
    }

    /// Says how much there is to do, and holds writers back while too much is to be linked.
    func tellKeeper() {
        let logBytes = log.length
        // A range that one number in a hundred is outside of was learnt from too few vectors.
        let clips = writerChanges.encoded > 100_000 && writerChanges.clipped * 50 > writerChanges.encoded
        let load = lock.read {
            KeeperState.Load(
                slots: Int(content.count),
                linked: Int(content.linked),
                dead: Int(content.count) - content.aliveCount,
                isCalibrated: content.graph != nil,
                clippedTooMuch: clips,
                logBytes: logBytes
            )
        }
        keeper.change { $0.load = load }
        let isThrottled = options.keepsHouse && load.isCalibrated && load.slots - load.linked > options.unlinkedSlots
        writer.change { $0.isThrottled = isThrottled }
    }

    /// The loop of the thread that keeps house.
    func runKeeper() {
        while true {
            let task = keeper.wait { state -> KeeperState.Task? in
                let task = state.next(settings, options)
                state.isWorking = task != nil
                return task
            }
            switch task {
            case .stop:
                let left = keeper.change { state in
                    defer { state.requests = [] }
                    return state.requests
                }
                let error = HeddleError(.collectionNotFound, "the collection is closed or was dropped")
                for (_, answer) in left { answer(.failure(error)) }
                return
            case .request(let request, let answer):
                let result: Result<Void, HeddleError>
                do throws(HeddleError) { result = .success(try serve(request)) } catch { result = .failure(error) }
                refresh()
                answer(result)
                continue
            case .calibrate: attempt(calibrate)
            case .checkpoint: attempt(writeCheckpoint)
            case .link: attempt(linkSome)
            case .compact: attempt(compact)
            case .merge: attempt(mergeRows)
            case .scrub: attempt { () throws(HeddleError) in try scrubSome(Self.scrubbedAtOnce) }
            }
            refresh()
        }
    }

    /// Does work that nobody waits for.
    ///
    /// When it fails, the log has all, and it is tried again later.
    private func attempt(_ work: () throws(HeddleError) -> Void) {
        do throws(HeddleError) {
            try work()
            keeper.change { $0.failed = nil }
        } catch {
            options.logger?.error("Work on a collection failed", metadata: ["error": "\(error)"])
            keeper.change { state in
                state.failed = state.load
                state.mayMerge = false
            }
        }
    }

    /// Learns again what there is to do.
    private func refresh() {
        // Only the thread that writes may look at its log.
        try? onWriter { () throws(HeddleError) in self.tellKeeper() }
        let files = KeeperState.Files(
            bytes: manifest.rows.reduce(0) { $0 + $1.bytes },
            segments: manifest.rows.count,
            damages: manifest.damages + manifest.rows.compactMap { row in row.damage.map { "\(row.file): \($0)" } },
            recalls: manifest.recalls
        )
        keeper.change { state in
            state.files = files
        }
    }

    private func serve(_ request: KeeperState.Request) throws(HeddleError) {
        switch request {
        case .checkpoint:
            try writeCheckpoint()
        case .optimize:
            if lock.read({ content.graph == nil && Int(content.count) > settings.exactBelow }) { try calibrate() }
            try compact()
            try measure()
            try writeManifest()
        case .measure:
            try measure()
            try writeManifest()
        case .verify:
            keeper.change { $0.scrub = 0 }
            while keeper.change({ $0.scrub }) != nil { try scrubSome(1 << 20) }
        case .snapshot(let target):
            try writeSnapshot(to: target)
        }
    }

    func writeManifest() throws(HeddleError) {
        try manifest.write(folder: folder, options.files)
    }

    /// Links some of the slots that have no links yet.
    func linkSome() throws(HeddleError) {
        let (graph, count, alive) = lock.read { (content.graph, content.count, content.alive) }
        guard let graph, graph.linked < count else { return }
        try link(graph, upTo: min(count, graph.linked + Self.linkedAtOnce), alive)
    }

    /// Links all slots below `end`.
    ///
    /// Those that were deleted before are left out.
    func link(_ graph: VectorGraph, upTo end: UInt32, _ alive: SlotBits) throws(HeddleError) {
        while graph.linked < end {
            let stop = min(end, graph.linked + 8_192)
            var from = graph.linked
            while from < stop {
                while from < stop, !alive[from] { from += 1 }
                var to = from
                while to < stop, alive[to] { to += 1 }
                if from < to { try graph.insert(from..<to, threads: options.threads) }
                from = to
            }
            lock.write { graph.linked = stop }
            if keeper.change({ $0.isStopping }) { return }
        }
    }
}
