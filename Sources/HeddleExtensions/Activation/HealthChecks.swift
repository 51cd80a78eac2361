import HeddleMCP
import HeddleModel
package import Logging
import ServiceLifecycle

/// Asks running processes now and then whether they still answer, and replaces those that do not.
///
/// A process with calls under way is not asked: many work on one thing at a time, and a call that is not answered ends by
/// its own deadline. What fails as often in a row as the manifest says is stopped; the next call starts another.
package struct HealthChecks: Service {
    /// Processes that are asked at the same time.
    private static let width = 8

    /// What is remembered of a process.
    private struct Record {
        var due: ContinuousClock.Instant
        var failures = 0
    }

    /// A process to ask.
    private struct Subject: Sendable {
        let instance: ExtensionInstance
        let entry: RegistryEntry
        /// The calls that it had been given when it was asked.
        let calls: Int

        /// Whether it was given a call meanwhile, for which the check may have had to wait.
        var isBusy: Bool { instance.calls != calls }

        var check: Manifest.HealthCheck { entry.registered.manifest.healthCheck ?? Manifest.HealthCheck() }
    }

    private let registry: ExtensionRegistry
    private let logger: Logger

    package init(registry: ExtensionRegistry, logger: Logger) {
        self.registry = registry
        self.logger = logger
    }

    package func run() async {
        var records: [UInt64: Record] = [:]
        while !Task.isShuttingDownGracefully, !Task.isCancelled {
            let due = takeDue(&records, now: .now)
            for (subject, failed) in await cancelWhenGracefulShutdown({ await ask(due) }) {
                guard !failed || !subject.isBusy else { continue }
                let number = subject.instance.number
                let failures = failed ? (records[number]?.failures ?? 0) + 1 : 0
                records[number]?.failures = failures
                guard failures >= subject.check.failureThreshold else { continue }
                logger.warning(
                    "Replaced a process that does not answer",
                    metadata: ["extension": "\(subject.entry.registered.name)", "failures": "\(failures)"]
                )
                subject.entry.pool.replace(subject.instance, because: "it failed \(failures) health checks in a row")
            }
            // A cancelled sleep ends the loop at its head.
            try? await cancelWhenGracefulShutdown { try await Task.sleep(for: .seconds(1)) }
        }
    }

    /// The processes that have been without a check for as long as their manifest says, and have nothing to do.
    private func takeDue(_ records: inout [UInt64: Record], now: ContinuousClock.Instant) -> [Subject] {
        var due: [Subject] = []
        var seen: Set<UInt64> = []
        for entry in registry.snapshot.all {
            for member in entry.pool.members {
                let subject = Subject(instance: member.instance, entry: entry, calls: member.instance.calls)
                let (number, interval) = (member.instance.number, Duration.seconds(subject.check.intervalSeconds))
                seen.insert(number)
                guard let record = records[number] else {
                    records[number] = Record(due: now + interval)
                    continue
                }
                guard record.due <= now, member.inFlight == 0 else { continue }
                records[number]?.due = now + interval
                due.append(subject)
            }
        }
        records = records.filter { seen.contains($0.key) }
        return due
    }

    /// Asks several at the same time; whether each failed.
    private func ask(_ subjects: [Subject]) async -> [(Subject, Bool)] {
        await withTaskGroup(of: (Subject, Bool).self) { group in
            var results: [(Subject, Bool)] = []
            for (index, subject) in subjects.enumerated() {
                if index >= Self.width, let result = await group.next() { results.append(result) }
                group.addTask { (subject, await Self.fails(subject)) }
            }
            for await result in group { results.append(result) }
            return results
        }
    }

    private static func fails(_ subject: Subject) async -> Bool {
        do {
            try await HealthProbe.run(subject.instance, subject.check, subject.entry.registered.tools)
            return false
        } catch let error as HeddleError {
            subject.entry.pool.log.append(
                "heddle",
                instance: subject.instance.id,
                "a health check failed: \(error.message)"
            )
            // A server that stops gives its checks up, which says nothing of the process.
            return error.code != .cancelled
        } catch {
            return false
        }
    }
}
