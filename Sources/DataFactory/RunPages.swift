/// The pages of a query. Each iteration asks anew, and fetches a page when it is asked for it.
///
/// It ends with the last page, at its limit, or with the first error. Made by
/// ``DataFactoryClient/pages(of:in:limit:)``.
public struct RunPages: AsyncSequence, Sendable {
    /// A page.
    public typealias Element = RunPage
    /// Why a page could not be had.
    public typealias Failure = DataFactoryError

    let client: DataFactoryClient
    let query: RunQuery
    let factory: FactoryReference
    let limit: Int

    /// Begins with the first page.
    public func makeAsyncIterator() -> Iterator { Iterator(pages: self) }

    /// Where one walk through the pages stands.
    public struct Iterator: AsyncIteratorProtocol {
        private let pages: RunPages
        private var isAtEnd = false
        private var continuationToken: String?
        // <= the limit of pages.
        private var seen: Set<String> = []
        private var count = 0

        fileprivate init(pages: RunPages) { self.pages = pages }

        /// Fetches the next page.
        ///
        /// - Throws: ``DataFactoryError`` if it cannot be had; with the code `RepeatedContinuationToken` if the service
        ///   sends the caller back to a page it has sent before, which would go on for ever.
        public mutating func next(
            isolation actor: isolated (any Actor)? = #isolation
        ) async throws(DataFactoryError) -> RunPage? {
            guard !isAtEnd, count < pages.limit else { return nil }
            // Until this page proves otherwise: nothing follows an error.
            isAtEnd = true
            let page = try await pages.client.runs(
                pages.query,
                in: pages.factory,
                continuationToken: continuationToken
            )
            count += 1
            if let token = page.continuationToken {
                guard seen.insert(token).inserted else {
                    throw DataFactoryError(
                        disposition: .safe,
                        code: "RepeatedContinuationToken",
                        message: "the service leads from page \(count) of a query back to an earlier one"
                    )
                }
                continuationToken = token
                isAtEnd = false
            }
            return page
        }
    }
}
