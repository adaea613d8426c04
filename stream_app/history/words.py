"""Words that shops use for returns, for purchases, and for nothing at all."""

from __future__ import annotations

NOTHING = ("", "null", "(null)", "none", "nan", "n/a", "<na>", r"\n", "#n/a")
"""What other programs write where there is no value; an id like that is missing."""

RETURN_WORDS = (
    "return", "returns", "returned", "refund", "refunded", "credit", "credit note", "credit memo", "retoure",
    "rückgabe", "rücksendung", "gutschrift", "storno", "stornorechnung", "retour", "remboursement", "avoir",
    "devolución", "devolucion", "reembolso", "abono", "reso", "rimborso", "nota di credito", "creditnota",
    "devolução", "zwrot", "korekta", "retur", "kreditnota",
)  # fmt: skip

ORDER_WORDS = (
    "", "order", "orders", "purchase", "sale", "sales", "sold", "invoice", "buy", "bestellung", "auftrag", "verkauf",
    "rechnung", "kauf", "commande", "vente", "achat", "facture", "pedido", "venta", "compra", "factura", "ordine",
    "vendita", "acquisto", "fattura", "bestelling", "verkoop", "factuur", "venda", "encomenda", "fatura",
    "zamówienie", "sprzedaż", "ordre", "salg", "faktura", "köp",
)  # fmt: skip
