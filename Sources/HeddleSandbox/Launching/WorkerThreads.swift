import CSeccomp
import Glibc
import Synchronization

/// A fixed number of threads of our own that take jobs in order.
///
/// They exist for calls that block, which must not run on Swift's cooperative pool, and never end: a child's
/// `PR_SET_PDEATHSIG` follows the thread that started it.
final class WorkerThreads: Sendable {
    typealias Job = @Sendable () -> Void

    private struct State {
        var jobs: [Job] = []
        var isStarted = false
    }

    private let count: Int
    private let state = Mutex(State())
    private let available = Semaphore()

    init(count: Int) {
        self.count = count
    }

    /// Queues a job; the threads start with the first one.
    func post(_ job: @escaping Job) {
        let isFirst = state.withLock { state in
            state.jobs.append(job)
            defer { state.isStarted = true }
            return !state.isStarted
        }
        if isFirst {
            for _ in 0..<count { startThread { self.work() } }
        }
        available.signal()
    }

    /// Runs `body` on one of the threads.
    func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            post { continuation.resume(with: .init(catching: body)) }
        }
    }

    /// Runs `body` on one of the threads; a caller that is cancelled does not wait for it, and it runs on for nobody.
    ///
    /// - Throws: `CancellationError`, or what `body` throws.
    func runAbandonable<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        let answer = AbandonableAnswer<Result>()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                guard answer.wait(continuation) else { return }
                post { answer.give(.init(catching: body)) }
            }
        } onCancel: {
            answer.give(.failure(CancellationError()))
        }
    }

    /// Runs `body` on one of the threads and blocks the calling thread, which is one of another set, until then.
    func blockingRun<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) throws -> Result {
        let answer = Mutex<Swift.Result<Result, any Error>?>(nil)
        let done = Semaphore()
        post {
            let result = Swift.Result(catching: body)
            answer.withLock { $0 = result }
            done.signal()
        }
        done.wait()
        guard let result = answer.withLock({ $0 }) else { throw SystemCallError("sem_wait", number: EINVAL) }
        return try result.get()
    }

    private func work() {
        while true {
            available.wait()
            let job = state.withLock { $0.jobs.isEmpty ? nil : $0.jobs.removeFirst() }
            job?()
        }
    }
}

/// The first of two answers, for one who waits.
private final class AbandonableAnswer<Value: Sendable>: Sendable {
    private enum State {
        case open
        case waiting(CheckedContinuation<Value, any Error>)
        case given
    }

    private let state = Mutex(State.open)

    /// Waits for the answer; false when it was given before, and the one who waits is told so.
    func wait(_ continuation: CheckedContinuation<Value, any Error>) -> Bool {
        let isOpen = state.withLock { state in
            guard case .open = state else { return false }
            state = .waiting(continuation)
            return true
        }
        // Only a cancellation comes before there is work.
        if !isOpen { continuation.resume(throwing: CancellationError()) }
        return isOpen
    }

    func give(_ result: Result<Value, any Error>) {
        let continuation: CheckedContinuation<Value, any Error>? = state.withLock { state in
            defer { state = .given }
            guard case .waiting(let continuation) = state else { return nil }
            return continuation
        }
        continuation?.resume(with: result)
    }
}

/// What a new thread runs.
private final class ThreadBody {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

/// Starts a detached thread that takes no signals, so that the process's handlers run where they always did.
func startThread(_ body: @escaping @Sendable () -> Void) {
    var all = sigset_t()
    var previous = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_SETMASK, &all, &previous)
    defer { pthread_sigmask(SIG_SETMASK, &previous, nil) }
    var thread = pthread_t()
    let box = Unmanaged.passRetained(ThreadBody(body))
    let status = pthread_create(
        &thread,
        nil,
        { argument in
            guard let argument else { return nil }
            Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue().run()
            return nil
        },
        box.toOpaque()
    )
    // Without threads nothing can be started at all; this is the process's limit, not a state to go on in.
    precondition(status == 0, "no thread to be had")
    pthread_detach(thread)
}
