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
 * @param linked how many of them are hard links to others
 * @param failures the rest, one each; also directories and links that could not be made
 * @param restored how many names have the attributes that were recorded of them
 * @param notRestored how many have not
 * @param manifest over all files of the batch
 */
public record FetchReport(
    BatchId batch,
    long files,
    long bytes,
    long fetched,
    long there,
    long linked,
    List<Failure> failures,
    long restored,
    long notRestored,
    Sha256 manifest) {}
