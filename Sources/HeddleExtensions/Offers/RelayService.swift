package import HeddleMCP
package import HeddleModel
package import JSON

/// Requests of clients that an extension answers and that are no calls of tools: resources, prompts, completion.
package final class RelayService: Sendable {
    /// One request.
    package struct Request: Sendable {
        package let extensionName: String
        package let method: String
        /// Members of the parameters without `_meta` and line breaks.
        package var params: [UInt8]
        package var timeout = InvocationService.defaultTimeout
        /// The session of the client, for extensions that have a process for each.
        package var session: String?
        /// The process that the last round went to.
        package var preferredInstance: UInt64?
        /// The client behind the request.
        package var port: MCPClientPort?
        /// Gets progress notifications when the client wants them.
        package var progress: (@Sendable (JSONView) -> Void)?

        package init(extensionName: String, method: String, params: [UInt8] = []) {
            self.extensionName = extensionName
            self.method = method
            self.params = params
        }
    }

    private let registry: ExtensionRegistry

    package init(registry: ExtensionRegistry) {
        self.registry = registry
    }

    /// Sends a request to a process of the extension, which is started if need be.
    ///
    /// - Throws: ``HeddleError`` with `extensionNotFound`, `extensionInactive`, `definitionHeld`, or what the start and the
    ///   conversation throw.
    package func send(_ caller: Caller, _ request: Request) async throws -> MCPOutcome {
        try await answer(caller, request).outcome
    }

    /// Sends a request, and says which process answered.
    ///
    /// - Throws: as ``send(_:_:)``.
    package func answer(
        _ caller: Caller,
        _ request: Request
    ) async throws -> (outcome: MCPOutcome, instance: UInt64) {
        let entry = try registry.active(request.extensionName)
        var wish = InstancePool.Request()
        wish.preferred = request.preferredInstance
        if entry.pool.rules.isolation == .session {
            wish.session = InvocationService.Target.sessionKey(caller, request.session)
        }
        let (wished, deadline) = (wish, ContinuousClock.now + request.timeout)
        let instance = try await Deadline.run(until: deadline) {
            try await entry.pool.acquire(wished)
        } dropping: { instance in
            entry.pool.release(instance, .neutral)
        }
        do {
            let outcome = try await instance.connection.request(
                request.method,
                params: request.params,
                era: instance.greeting.era,
                timeout: max(.milliseconds(1), deadline - .now),
                port: request.port,
                progress: request.progress
            )
            entry.pool.release(instance, .success)
            return (outcome, instance.number)
        } catch {
            entry.pool.release(instance, CallRun.outcome(.failure(error)))
            throw error
        }
    }

    /// Lets a client hear of changes of a resource, until ``unsubscribe(_:from:)``.
    ///
    /// - Throws: as ``send(_:_:)``, and ``HeddleError`` with `tooManyRequests`.
    package func subscribe(_ caller: Caller, _ uri: String, of name: String) async throws {
        let entry = try registry.active(name)
        guard let isFirst = entry.pool.subscriptions.add(uri) else {
            throw HeddleError(.tooManyRequests, "too many resources of '\(name)' are listened to")
        }
        guard isFirst else { return }
        do {
            // One that runs is told; one that starts is told then.
            let instance = try await entry.pool.acquire()
            entry.pool.release(instance, .neutral)
        } catch {
            _ = entry.pool.subscriptions.remove(uri)
            throw error
        }
        follow(entry.pool)
    }

    /// A client does not want to hear of a resource any more.
    package func unsubscribe(_ uri: String, from name: String) {
        guard let entry = registry.snapshot.entry(name), entry.pool.subscriptions.remove(uri) else { return }
        follow(entry.pool)
    }

    private func follow(_ pool: InstancePool) {
        let uris = pool.subscriptions.uris
        for instance in pool.instances { instance.follow(uris) }
    }

    /// What the extension said it can do; it is started if that is not known.
    ///
    /// - Throws: as ``send(_:_:)``.
    package func abilities(of name: String) async throws -> MCPAbilities {
        let entry = try registry.active(name)
        if let known = entry.registered.abilities { return known }
        let instance = try await entry.pool.acquire()
        defer { entry.pool.release(instance, .neutral) }
        return instance.greeting.abilities
    }

    /// Sends a request without parameters to the processes that run, and waits for no answer.
    package func tellRunning(_ name: String, _ method: String, _ params: [UInt8]) {
        guard let entry = try? registry.active(name) else { return }
        for instance in entry.pool.instances where instance.greeting.era == .legacy {
            // Unstructured, because nobody waits for what it comes to.
            Task {
                _ = try? await instance.connection.request(method, params: params, era: .legacy, timeout: .seconds(10))
            }
        }
    }
}

extension ExtensionRegistry {
    /// The extension of a name that takes calls.
    ///
    /// - Throws: ``HeddleError`` with `extensionNotFound`, `extensionInactive` or `definitionHeld`.
    package func active(_ name: String) throws(HeddleError) -> RegistryEntry {
        guard let entry = snapshot.entry(name) else {
            throw HeddleError(
                .extensionNotFound,
                "no extension is named '\(name.prefix(80))'",
                details: ["extension": String(name.prefix(80))]
            )
        }
        guard entry.registered.state == .active else {
            throw HeddleError(
                .extensionInactive,
                "the extension '\(entry.registered.name)' is \(entry.registered.state.rawValue), not active",
                details: ["extension": entry.registered.name.rawValue, "state": entry.registered.state.rawValue]
            )
        }
        guard !entry.registered.isHeld else { throw InvocationService.held(entry.registered.name) }
        return entry
    }
}
