/**
 * Reads again what is stored, for a server or from the disk of this machine, and keeps how far it
 * is. Sees {@code bag}, {@code work}, storage, ledger, bagit and wire.
 *
 * <p>Its one hard rule: it changes nothing of what is stored. The ledger only notes what was read
 * well.
 */
package dev.archive.server.audit;
