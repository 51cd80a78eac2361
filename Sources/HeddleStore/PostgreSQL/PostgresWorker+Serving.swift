import Glibc
import HeddleModel

/// How a closure is run, and what happens when others or the network are in its way.
extension PostgresWorker {
    /// What an attempt came to.
    private enum Step {
        case done
        /// Others were in between: again.
        case rerun
        /// Others may have been in between: again, and then what it comes to is true.
        case rerunOnce
        /// The connection is of no use: again on another one.
        case reconnect
    }

    /// Runs a job to its end; the caller tells its waiter.
    func serve(_ job: any PostgresJob) {
        var reruns = 0
        var reconnects = 0
        var hasLookedAgain = false
        while true {
            let step = step(job, isLoser: reruns > 1)
            switch step {
            case .done:
                return count(job, isDone: true)
            case .rerunOnce where hasLookedAgain:
                dropIfBroken()
                return count(job, isDone: true)
            case .rerun, .rerunOnce:
                if case .rerunOnce = step { hasLookedAgain = true }
                guard reruns < pool.limits.maximumReruns else { return count(job, isDone: false) }
                reruns += 1
                pool.count { $0.reruns += 1 }
                if reruns > 1 { pauseBeforeRerun(reruns) }
            case .reconnect:
                guard reconnects < pool.limits.maximumReconnects else { return count(job, isDone: false) }
                reconnects += 1
                do {
                    try reconnect(by: .now + pool.limits.acquireTimeout)
                } catch {
                    job.fail(error)
                    return count(job, isDone: false)
                }
            }
        }
    }

    /// One attempt; those that lost more than once make it one after the other.
    private func step(
        _ job: any PostgresJob,
        isLoser: Bool
    ) -> Step {
        guard isLoser, job.isWrite else { return step(job) }
        return pool.turn.take(on: connection, deadline: job.deadline) { step(job) }
    }

    private func step(_ job: any PostgresJob) -> Step {
        guard let connection else { return .reconnect }
        let session = PostgresSession(connection: connection, isWrite: job.isWrite)
        let isDone = job.attempt(on: session)
        guard isDone, session.failure == nil else {
            session.abandon()
            // A closure that made its own error of a statement's is right, unless the statement was only unlucky.
            return step(after: session.remedy)
        }
        guard job.isWrite else {
            session.abandon()
            dropIfBroken()
            return .done
        }
        return commit(session, of: job)
    }

    private func commit(
        _ session: PostgresSession,
        of job: any PostgresJob
    ) -> Step {
        do throws(PostgresFailure) {
            try session.commit()
            return .done
        } catch {
            guard session.connection.isBroken else {
                // Which of its two steps was refused is not known here; without a transaction there is nothing to take back.
                session.abandon()
                job.fail(error.translated(isWrite: true))
                return step(after: error.remedy(isWrite: true))
            }
            guard let transaction = session.transaction else {
                // Without a number nothing was changed, and nothing is in doubt; but it has not succeeded either.
                job.fail(error.translated(isWrite: true))
                return .reconnect
            }
            return settle(PostgresDoubt(transaction: transaction, epoch: session.connection.epoch), of: job, error)
        }
    }

    /// Finds out what became of a commit whose answer never came.
    private func settle(
        _ doubt: PostgresDoubt,
        of job: any PostgresJob,
        _ cause: PostgresFailure
    ) -> Step {
        let deadline = ContinuousClock.now + pool.limits.acquireTimeout
        var isKnown = false
        while !isKnown {
            do {
                try reconnect(by: deadline)
                guard let connection else { break }
                switch try doubt.outcome(on: connection, deadline: deadline) {
                case .committed: return .done
                case .rolledBack:
                    job.fail(cause.translated(isWrite: true))
                    return .rerun
                case .unknown: isKnown = true
                }
            } catch {
                // The connection broke again, or there was none in time.
                if .now >= deadline { isKnown = true }
                usleep(20_000)
            }
        }
        job.fail(
            HeddleError(
                .databaseInDoubt,
                "the database went away while it committed; whether the change was made is not known",
                cause: cause
            )
        )
        return .done
    }

    private func step(after remedy: PostgresFailure.Remedy) -> Step {
        switch remedy {
        case .none:
            dropIfBroken()
            return .done
        case .rerun:
            return connection?.isBroken == true ? .reconnect : .rerun
        case .rerunOnce:
            return connection?.isBroken == true ? .reconnect : .rerunOnce
        case .reconnect:
            // The next job must not get it either, when this one may not go on with another.
            connection?.markBroken()
            return .reconnect
        }
    }

    private func count(
        _ job: any PostgresJob,
        isDone: Bool
    ) {
        dropIfBroken()
        let isSuccess = isDone && job.isSuccess
        pool.count { counts in
            if !job.isWrite {
                counts.reads += 1
            } else if isSuccess {
                counts.writes += 1
                counts.commits += 1
            } else {
                counts.failedWrites += 1
            }
        }
    }

    /// Full jitter, up to some tens of milliseconds.
    private func pauseBeforeRerun(_ reruns: Int) {
        let most = 500 << min(reruns, 7)
        usleep(UInt32(Int.random(in: 0...most)))
    }
}
