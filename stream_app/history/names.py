"""What shops in several languages call the columns of an order, the surest names first.

A name is compared without capitals, accents, spaces and signs: `Bestell-Nr.` is `bestellnr`.
"""

from __future__ import annotations

import unicodedata

NAMES: dict[str, tuple[str, str]] = {
    "order_id": (
        "orderid orderno ordernumber ordernr ordername ordercode basketid receiptid receiptno receiptnumber "
        "salesorderid salesordernumber transactionid transactionno transactionnumber bestellnummer bestellnr bestellid "
        "auftragsnummer auftragsnr auftragid auftragsid bonnr bonnummer numerocommande numerodecommande ncommande "
        "ndecommande nocommande "
        "numcommande idcommande commandeid numeropedido npedido nopedido idpedido pedidoid codigopedido numeroordine "
        "nordine noordine idordine codiceordine bestelnummer bestelnr bestelid numerzamowienia nrzamowienia "
        "idzamowienia ordrenummer ordrenr ordreid",
        "invoiceno invoiceid invoicenumber invoicenr invoice order orders basket receipt transaction ticketid "
        "ticketno documentno documentnumber rechnungsnummer rechnungsnr belegnummer belegnr rechnung bestellung "
        "auftrag beleg bon commande facture numerofacture nfacture nofacture numfacture pedido factura "
        "numerofactura nfactura ordine fattura numerofattura nfattura bestelling factuur factuurnummer factuurnr "
        "encomenda fatura zamowienie faktura nrfaktury numerfaktury fakturanummer fakturanr ordre",
    ),
    "customer_id": (
        "customerid customerno customernumber customernr customercode customerkey clientid clientno clientnumber "
        "clientcode householdid userid memberid buyerid shopperid kundennummer kundennr kundenid kundeid kdnr "
        "debitornr debitorennummer debitorennr idclient numeroclient nclient noclient codeclient clientecodigo "
        "idcliente numerocliente ncliente codigocliente codcliente codicecliente klantnummer klantnr klantid "
        "numerklienta nrklienta idklienta kundnummer kundnr kundid kundenummer kundenr",
        "customer client household user member buyer account accountid customeremail customeruniqueid email "
        "emailaddress mail kunde debitor cliente klant klient kund",
    ),
    "product_id": (
        "productid productno productnumber productcode productsku sku itemid itemno itemnumber itemcode itemsku "
        "articleid articleno articlenumber stockcode lineitemsku variantsku ean gtin upc asin artikelnummer artikelnr "
        "artikelid produktid produktnummer produktnr idproduit codeproduit refproduit referenceproduit codearticle "
        "idproducto codigoproducto codproducto codigoarticulo codiceprodotto codicearticolo idprodotto idproduto "
        "codigoproduto codproduto idproduktu kodproduktu varenummer varenr varunummer",
        "product item article artikel produkt produit reference producto articulo prodotto articolo produto "
        "referencia towar vare vara",
    ),
    "quantity": (
        "quantity qty quantityordered orderedquantity quantitysold lineitemquantity itemquantity orderqty menge "
        "anzahl bestellmenge stueckzahl stuckzahl quantite qte cantidad quantita aantal quantidade qtd qtde ilosc "
        "antal antall",
        "units pieces pcs count amountofitems stuck stueck stk cant hoeveelheid qta liczba",
    ),
    "unit_price": (
        "unitprice priceperunit priceeach itemprice lineitemprice pricepiece einzelpreis stuckpreis stueckpreis epreis "
        "prixunitaire preciounitario prezzounitario eenheidsprijs stuksprijs precounitario cenajednostkowa "
        "enhetspris stykpris styckpris",
        "price sellingprice salesprice preis verkaufspreis vkpreis prix pu precio prezzo prijs preco cena pris",
    ),
    "amount": (
        "lineamount linetotal linetotalamount lineitemtotal linevalue salesvalue salesamount extendedprice "
        "positionssumme zeilensumme positionsbetrag zeilenbetrag montantligne totalligne importelinea totallinea "
        "totaleriga importoriga regelbedrag regeltotaal totallinha wartoscpozycji radsumma linjebelop",
        "amount total totalprice totalamount totalvalue sales revenue netamount netsales grosssales betrag summe "
        "gesamt gesamtpreis gesamtbetrag umsatz nettobetrag nettoumsatz montant montanttotal prixtotal importe "
        "preciototal importo prezzototale bedrag totaal totaalprijs valor valortotal kwota wartosc suma belopp summa "
        "belob belop",
    ),
    "ordered_at": (
        "orderedat orderdate ordertime orderdatetime ordertimestamp orderpurchasetimestamp purchasedate purchasedat "
        "purchasetime purchasetimestamp transactiondate transactiontime transactiontimestamp transactiondatetime "
        "saledate salesdate bestelldatum bestellzeit bestellzeitpunkt bestelltam auftragsdatum kaufdatum datecommande "
        "dateachat datedecommande fechapedido fechacompra fechaventa dataordine dataacquisto besteldatum orderdatum "
        "datapedido datacompra datazamowienia datasprzedazy ordredato kjopsdato",
        "invoicedate createdat created createdon processedat date datetime timestamp time rechnungsdatum belegdatum "
        "datum zeit zeitpunkt zeitstempel datefacture fecha fechafactura data datafattura factuurdatum datafatura "
        "datafaktury fakturadatum dato",
    ),
    "currency": ("currency currencycode waehrung wahrung devise moneda valuta moeda waluta", ""),
}
"""Two rows each: names that mean this column and no other, and names that mean it unless a surer one is there."""

_RANKS = {
    field: {name: rank for rank, names in enumerate(rows) for name in names.split()} for field, rows in NAMES.items()
}


def plain(name: str) -> str:
    """Return a column's name as NAMES has it.

    >>> plain("N° de Commande"), plain("Stück")
    ('ndecommande', 'stuck')
    """
    decomposed = unicodedata.normalize("NFD", name.casefold().replace("ł", "l").replace("ø", "o"))
    return "".join(letter for letter in decomposed if letter.isascii() and letter.isalnum())


def rank(field: str, name: str) -> int | None:
    """Return 0 for a sure name of the field, 1 for a likely one, None for another."""
    return _RANKS[field].get(plain(name))
