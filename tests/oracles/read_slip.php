<?php
// SPDX-License-Identifier: Apache-2.0
// Prints the text that escpos-tools finds in a slip: php read_slip.php ESCPOS_TOOLS SLIP N=PAGE...
// By itself it takes every byte for CP437 and every code table for a command to pass over; here each text is read in the
// table that was selected before it. A table that is not named ends the reading.
[, $tools, $slip] = $argv;
require "$tools/vendor/autoload.php";

$pages = [];
foreach (array_slice($argv, 3) as $word) {
    [$n, $page] = explode("=", $word);
    $pages[(int)$n] = $page;
}
$parser = new ReceiptPrintHq\EscposTools\Parser\Parser();
$parser->addFile(fopen($slip, "rb"));
$page = "CP437";
foreach ($parser->getCommands() as $command) {
    if ($command->isAvailableAs("TextContainer")) {
        echo iconv($page, "UTF-8", iconv("UTF-8", "CP437", $command->getText()));
    } elseif ($command->isAvailableAs("SelectCodeTableCmd")) {
        $n = (fn() => $this->getArg())->call($command);
        $page = $pages[$n] ?? exit("code table $n is not named\n");
    }
    if ($command->isAvailableAs("LineBreak")) {
        echo "\n";
    }
}
