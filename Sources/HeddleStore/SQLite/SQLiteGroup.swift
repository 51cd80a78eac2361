/// Writes that share a commit, run on the writer.
struct SQLiteGroup {
    /// SQLite rolled the whole transaction back, savepoints included.
    private struct TransactionLost: Error {}

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
        do {
            try session.beginWriting()
        } catch {
            // No closure ran, and none would do better alone.
            fail(jobs, error)
            return outcome
        }
        do {
            var written = 0
            for job in jobs where try runMember(job) {
                written += 1
            }
            try session.commit()
            outcome.written = written
            outcome.commits = 1
        } catch {
            // One member took the others down, or the commit failed for the sum of them. What a member saw of its
            // neighbours, an error included, never happened: all run again, each for itself.
            session.abandon()
            outcome.wasRegrouped = true
            for job in jobs {
                runAlone(job, &outcome)
            }
        }
        return outcome
    }

    /// Runs one member under a savepoint; false when it was undone.
    private func runMember(_ job: any WriteJob) throws -> Bool {
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
