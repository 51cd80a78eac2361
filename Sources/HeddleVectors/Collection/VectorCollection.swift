import Glibc
package import HeddleModel
package import Logging

/// Vectors with payloads that can be searched by nearness, durable on disk.
///
/// One thread writes: it takes what callers bring together, puts it into the log with one sync, applies it and answers.
/// Another one keeps house: it links new slots into the graph, writes the files that make the log short, leaves out
/// what was deleted, and reads the files for damage. Searches run on the threads of their callers, beside both.
package final class VectorCollection: @unchecked Sendable {
    // `content` is guarded by `lock`; `log` and what begins with `writer` belong to the thread that writes;
    // `manifest` and what begins with `keeper` belong to the one that keeps house.

    /// What can be set about how a collection works, which its files do not depend on.
    package struct Options: Sendable {
        /// Threads that link slots.
        package var threads = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
        /// The log is made short when it has so many bytes.
        package var logBytes = 64 << 20
        /// Slots that may wait to be linked before writers have to wait.
        package var unlinkedSlots = 65_536
        /// The share of dead slots from which on they are taken out, in hundredths.
        package var deadPercent = 20
        /// Bytes of requests that may wait to be written.
        package var queueBytes = 64 << 20
        /// Whether slots are linked, dead ones taken out and files read for damage without being asked.
        package var keepsHouse = true
        package var files = FileAccess.plain
        package var logger: Logger?

        package init() {}
    }

    /// The folder of its files.
    package let folder: String
    /// What it was made with.
    package let settings: VectorSettings
    let options: Options
    let lock = ReadWriteLock()
    var content: CollectionContent
    let searches = SearchPool()
    let samples = QuerySamples()

    let writer: Signal<WriterQueue>
    let keeper: Signal<KeeperState>
    var manifest: CollectionManifest
    var log: OutputFile
    var writerSequence: UInt64
    /// Set when a sync failed: what the disk has is not known, so nothing is acknowledged any more.
    var writerFailure: HeddleError?
    var writerChanges = ChangeBuffers()
    private var threads: [pthread_t] = []

    init(
        folder: String,
        options: Options,
        manifest: CollectionManifest,
        content: CollectionContent,
        log: OutputFile,
        sequence: UInt64
    ) {
        self.folder = folder
        self.options = options
        self.manifest = manifest
        self.content = content
        self.log = log
        settings = manifest.settings
        writerSequence = sequence
        writer = Signal(WriterQueue())
        keeper = Signal(KeeperState())
    }

    /// Starts the threads.
    func start() throws(HeddleError) {
        let loops: [@Sendable () -> Void] = [{ self.runWriter() }, { self.runKeeper() }]
        for loop in loops {
            guard let thread = VectorThread.start(loop) else {
                close()
                throw HeddleError(.internalError, "there are no threads left for a collection")
            }
            threads.append(thread)
        }
        tellKeeper()
    }

    /// Ends all work after what was acknowledged is in the log; searches and writes fail from now on.
    ///
    /// It holds the calling thread until both threads are done.
    package func close() {
        let wasClosed = lock.write {
            defer { content.isClosed = true }
            return content.isClosed
        }
        guard !wasClosed else { return }
        // The thread that writes goes last: the other one may need it to come to an end.
        keeper.change { $0.isStopping = true }
        if threads.count > 1 { pthread_join(threads[1], nil) }
        writer.change { $0.isStopping = true }
        if let first = threads.first { pthread_join(first, nil) }
        threads = []
    }

    /// What there is to know about the collection.
    ///
    /// - Throws: ``HeddleError`` with `.collectionNotFound` when it was closed.
    package func info() throws(HeddleError) -> CollectionInfo {
        let files = keeper.change { state in (state.files, state.isWorking || !state.requests.isEmpty) }
        return try lock.read { () throws(HeddleError) in
            try checkOpen()
            let memory =
                (content.graph?.memory(slots: Int(content.count)) ?? 0) + content.ids.memory
                + content.alive.words.count * 8
                + content.blocks.reduce(0) { $0 + $1.memory } + searches.memory
            return CollectionInfo(
                settings: settings,
                points: content.aliveCount,
                deleted: Int(content.count) - content.aliveCount,
                linked: Int(content.linked),
                memoryBytes: memory,
                fieldBytes: content.fields.memory,
                diskBytes: files.0.bytes,
                segments: files.0.segments,
                damages: files.0.damages,
                recalls: files.0.recalls.mapValues { Double($0) / 1_000 },
                isBusy: files.1
            )
        }
    }

    func checkOpen() throws(HeddleError) {
        guard !content.isClosed else {
            throw HeddleError(.collectionNotFound, "the collection is closed or was dropped")
        }
    }
}
