package dev.archive.client.fetch;

import dev.archive.client.plan.Failure;
import dev.archive.model.BatchId;
import dev.archive.model.Sha256;
import java.util.List;

/**
 * What a fetch did.
 *
 * @param files that were wanted, with their bytes
 * @param fetched how many came now
 * @param there how many were there already, the same to the last byte
 * @param failures the rest, one each
 * @param manifest over all files of the batch
 */
public record FetchReport(
    BatchId batch,
    long files,
    long bytes,
    long fetched,
    long there,
    List<Failure> failures,
    Sha256 manifest) {}
