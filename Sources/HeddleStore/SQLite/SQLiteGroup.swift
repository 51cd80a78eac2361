/// Writes that share a commit, run on the writer.
struct SQLiteGroup {
    /// SQLite rolled the whole transaction back, savepoints included.
    private struct TransactionLost: Error {}
    /// A member failed after it had changed something, and nothing marks where it began.
    private struct TraceLeft: Error {}

    /// Whether savepoints stand between the members.
    ///
    /// They cost more than a small write does, and full-text tables write all they have gathered at each. So a group goes without, and again with them when a member leaves a trace.
    private enum Marking: CaseIterable {
        case none
        case savepoints
    }

    let jobs: [any WriteJob]
    let session: SQLiteSession

    /// What became of a group.
    struct Outcome {
        var commits = 0
        var written = 0
        var wasRegrouped = false
    }

    /// Runs the members and keeps their outcomes; the caller acknowledges afterwards.
    func run() -> Outcome {
        var outcome = Outcome()
        if jobs.count == 1 {
            runAlone(jobs[0], &outcome)
            return outcome
        }
        for marking in Marking.allCases {
            do {
                try session.beginWriting()
            } catch {
                // No closure ran that is not undone, and none would do better alone.
                fail(jobs, error)
                return outcome
            }
            do {
                outcome.written = try runMembers(marking)
                try session.commit()
                outcome.commits = 1
                return outcome
            } catch is TraceLeft {
                session.abandon()
            } catch {
                break
            }
        }
        // One member took the others down, or the commit failed for the sum of them. What a member saw of its neighbours, an
        // error included, never happened: all run again, each for itself.
        session.abandon()
        outcome.wasRegrouped = true
        outcome.written = 0
        for job in jobs {
            runAlone(job, &outcome)
        }
        return outcome
    }

    private func runMembers(_ marking: Marking) throws -> Int {
        var written = 0
        for job in jobs {
            let isWritten = marking == .none ? try runUnmarked(job) : try runMarked(job)
            if isWritten { written += 1 }
        }
        return written
    }

    /// Runs one member; false when it failed before it changed anything, which most do that fail.
    private func runUnmarked(_ job: any WriteJob) throws -> Bool {
        let before = session.changes
        if attempt(job) { return true }
        guard session.isInsideTransaction else { throw TransactionLost() }
        guard session.changes == before else { throw TraceLeft() }
        return false
    }

    /// Runs one member under a savepoint; false when it was undone.
    private func runMarked(_ job: any WriteJob) throws -> Bool {
        try session.markMember()
        if attempt(job) {
            try session.keepMember()
            return true
        }
        guard session.isInsideTransaction else { throw TransactionLost() }
        try session.undoMember()
        return false
    }

    private func runAlone(
        _ job: any WriteJob,
        _ outcome: inout Outcome
    ) {
        do {
            try session.beginWriting()
            guard attempt(job) else {
                session.abandon()
                return
            }
            try session.commit()
            outcome.commits += 1
            outcome.written += 1
        } catch {
            session.abandon()
            fail([job], error)
        }
    }

    private func attempt(_ job: any WriteJob) -> Bool {
        let transaction = WriteTransaction(session: session)
        do {
            return try session.lend { job.attempt(in: transaction) }
        } catch {
            // The closure swallowed the error of a statement.
            job.fail(error)
            return false
        }
    }

    private func fail(
        _ jobs: [any WriteJob],
        _ error: any Error
    ) {
        for job in jobs {
            job.fail(SQLiteFailure.translate(error))
        }
    }
}
