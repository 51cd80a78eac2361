import HeddleModel

extension VectorCollection {
    /// The values of `ef` that are tried.
    private static let ladder = [10, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512]

    /// Measures what share of the ten nearest each `ef` finds.
    ///
    /// The nearest are known from measuring what an eightfold search and a look at all codes find.
    func measure() throws(HeddleError) {
        let content = lock.read { self.content }
        guard content.linked > 0, content.aliveCount > settings.exactBelow else {
            manifest.recalls = [:]
            return
        }
        var queries = samples.all
        var own: [String?] = queries.map { _ in nil }
        if queries.count < 32 {
            // Points of the collection do instead, which must not count as their own neighbours.
            let slots = Self.sample(content.alive, 64).prefix(64)
            queries = slots.compactMap { slot in content.block(slot)?.numbers(slot, settings) }
            own = slots.compactMap { slot in content.block(slot)?.id(slot) }
        }
        var found: [Int: Int] = [:]
        var wanted = 0
        for (vector, id) in zip(queries, own) {
            if keeper.change({ $0.isStopping }) { return }
            let truth = try nearest(vector, id, nil)
            wanted += truth.count
            for ef in Self.ladder { found[ef, default: 0] += try nearest(vector, id, ef).intersection(truth).count }
        }
        guard wanted > 0 else { return }
        manifest.recalls = found.mapValues { $0 * 1_000 / wanted }
    }

    private func nearest(_ vector: [Float], _ own: String?, _ ef: Int?) throws(HeddleError) -> Set<String> {
        var query = VectorQuery(vector, limit: own == nil ? 10 : 11)
        query.withPayload = false
        query.ef = ef
        query.exact = ef == nil
        return Set(try search(query).map(\.id).filter { $0 != own }.prefix(10))
    }
}
