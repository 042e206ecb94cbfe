Option Explicit

' Functions that spreadsheets lack. No figure of the workbook needs them: they are for sheets of your own.
'
'   =CML_UNION(customers, starts, ends [, customer])
'       Minutes lost: the union of each customer's intervals, of all customers together or of one. Rows in any order;
'       what overlaps, lies within another, or is there twice counts once; what ends before it starts does not count.
'   =KM_SURVIVAL(durations, done, moment)
'       Share of spans that go on just after a moment (Kaplan and Meier 1958). `done` is TRUE or 1 where a span has
'       ended, and FALSE, 0 or blank where it was cut.
'   =KM_QUANTILE(durations, done, share)
'       When that share of the spans has ended (0.5 is the median); blank where the curve never goes so low.
'
' Instants are read to the millisecond: the fraction of a day that a cell holds is no exact number of minutes.

Private Const MS_PER_DAY As Double = 86400000
Private Const MS_PER_MINUTE As Double = 60000
Private Const NEARLY As Double = 0.000000000001

Public Function CML_UNION(customers As Variant, starts As Variant, ends As Variant, _
        Optional customer As Variant) As Variant
    Dim who As Variant, opens As Variant, closes As Variant, wanted As Variant
    Dim names() As String, begins() As Double, finishes() As Double, order As Variant
    Dim onlyOne As Boolean, n As Long, i As Long, k As Long, total As Double, covered As Double

    who = Listed(customers)
    opens = Listed(starts)
    closes = Listed(ends)
    If UBound(who) <> UBound(opens) Or UBound(who) <> UBound(closes) Then
        CML_UNION = "customers, starts and ends differ in length"
        Exit Function
    End If
    onlyOne = Not IsMissing(customer)
    If onlyOne Then wanted = Listed(customer)

    ReDim names(1 To UBound(who))
    ReDim begins(1 To UBound(who))
    ReDim finishes(1 To UBound(who))
    n = 0
    For i = 1 To UBound(who)
        If HoldsNumber(opens(i)) And HoldsNumber(closes(i)) Then
            n = n + 1
            names(n) = CStr(who(i))
            begins(n) = Milliseconds(opens(i))
            finishes(n) = Milliseconds(closes(i))
            If onlyOne Then
                If names(n) <> CStr(wanted(1)) Then n = n - 1
            End If
        End If
    Next i
    If n = 0 Then
        CML_UNION = 0
        Exit Function
    End If

    order = SortedPlaces(names, begins, n)
    total = 0
    For i = 1 To n
        k = order(i)
        If i = 1 Then
            covered = begins(k)
        ElseIf StrComp(names(k), names(order(i - 1)), 0) <> 0 Then
            covered = begins(k)
        End If
        If covered < begins(k) Then covered = begins(k)
        If finishes(k) > covered Then
            total = total + finishes(k) - covered
            covered = finishes(k)
        End If
    Next i
    CML_UNION = total / MS_PER_MINUTE
End Function

Public Function KM_SURVIVAL(durations As Variant, done As Variant, moment As Variant) As Variant
    Dim wanted As Variant
    wanted = Listed(moment)
    KM_SURVIVAL = Curve(Listed(durations), Listed(done), CDbl(wanted(1)), -1)
End Function

Public Function KM_QUANTILE(durations As Variant, done As Variant, share As Variant) As Variant
    Dim wanted As Variant
    wanted = Listed(share)
    KM_QUANTILE = Curve(Listed(durations), Listed(done), 0, 1 - CDbl(wanted(1)))
End Function

' Walk down the curve. Where `lowest` is below 0: the share that goes on just after a moment. Else: the first duration at
' which the share is no more than `lowest`, "" where it never is.
Private Function Curve(durations As Variant, done As Variant, moment As Double, lowest As Double) As Variant
    Dim lengths() As Double, over() As Boolean, nobody() As String, order As Variant
    Dim n As Long, i As Long, j As Long, deaths As Long, share As Double

    If UBound(durations) <> UBound(done) Then
        Curve = "durations and done differ in length"
        Exit Function
    End If
    ReDim lengths(1 To UBound(durations))
    ReDim over(1 To UBound(durations))
    ReDim nobody(1 To UBound(durations))
    n = 0
    For i = 1 To UBound(durations)
        If HoldsNumber(durations(i)) Then
            n = n + 1
            lengths(n) = CDbl(durations(i))
            over(n) = HasEnded(done(i))
        End If
    Next i

    share = 1
    Curve = ""
    If n > 0 Then order = SortedPlaces(nobody, lengths, n)
    i = 1
    Do While i <= n
        If lowest < 0 And lengths(order(i)) > moment Then Exit Do
        deaths = 0
        j = i
        Do While j <= n
            If lengths(order(j)) <> lengths(order(i)) Then Exit Do
            If over(order(j)) Then deaths = deaths + 1
            j = j + 1
        Loop
        If deaths > 0 Then
            share = share * (1 - deaths / (n - i + 1))
            If lowest >= 0 And share <= lowest + NEARLY Then
                Curve = lengths(order(i))
                Exit Function
            End If
        End If
        i = j
    Loop
    If lowest < 0 Then Curve = share
End Function

' The cells of a range, row by row, or one value, as a list from 1.
Private Function Listed(area As Variant) As Variant
    Dim values As Variant, found() As Variant, down As Long, across As Long, i As Long, j As Long
    If IsObject(area) Then
        values = CellsOf(area)
    Else
        values = area
    End If
    If Not IsArray(values) Then
        ReDim found(1 To 1)
        found(1) = values
        Listed = found
        Exit Function
    End If
    down = UBound(values, 1) - LBound(values, 1) + 1
    across = UBound(values, 2) - LBound(values, 2) + 1
    ReDim found(1 To down * across)
    For i = 1 To down
        For j = 1 To across
            found((i - 1) * across + j) = values(LBound(values, 1) + i - 1, LBound(values, 2) + j - 1)
        Next j
    Next i
    Listed = found
End Function

' Apart from `Listed`, since LibreOffice takes whatever is asked for its value to be a range, even where nothing asks it.
Private Function CellsOf(area As Variant) As Variant
    CellsOf = area.Value
End Function

' Whether a cell holds a number or an instant; a blank and a text do not, whatever the text looks like.
Private Function HoldsNumber(value As Variant) As Boolean
    Select Case VarType(value)
        Case 2, 3, 4, 5, 6, 7, 14, 20
            HoldsNumber = True
        Case Else
            HoldsNumber = False
    End Select
End Function

Private Function HasEnded(value As Variant) As Boolean
    HasEnded = False
    If VarType(value) = 11 Then
        HasEnded = value
    ElseIf HoldsNumber(value) Then
        HasEnded = (CDbl(value) <> 0)
    End If
End Function

Private Function Milliseconds(value As Variant) As Double
    Milliseconds = Int(CDbl(value) * MS_PER_DAY + 0.5)
End Function

' The places 1 to n in the order of name, then size: merged from below, which no order of the rows makes slow.
Private Function SortedPlaces(names() As String, sizes() As Double, n As Long) As Variant
    Dim places() As Long, merged() As Long, wide As Long, low As Long, half As Long, high As Long
    Dim i As Long, j As Long, k As Long, firstOnes As Boolean
    ReDim places(1 To n)
    ReDim merged(1 To n)
    For i = 1 To n
        places(i) = i
    Next i
    wide = 1
    Do While wide < n
        low = 1
        Do While low <= n
            half = low + wide
            If half > n + 1 Then half = n + 1
            high = low + 2 * wide
            If high > n + 1 Then high = n + 1
            i = low
            j = half
            For k = low To high - 1
                If i >= half Then
                    firstOnes = False
                ElseIf j >= high Then
                    firstOnes = True
                Else
                    firstOnes = Not ComesBefore(names, sizes, places(j), places(i))
                End If
                If firstOnes Then
                    merged(k) = places(i)
                    i = i + 1
                Else
                    merged(k) = places(j)
                    j = j + 1
                End If
            Next k
            low = high
        Loop
        For k = 1 To n
            places(k) = merged(k)
        Next k
        wide = wide * 2
    Loop
    SortedPlaces = places
End Function

Private Function ComesBefore(names() As String, sizes() As Double, a As Long, b As Long) As Boolean
    Dim said As Integer
    said = StrComp(names(a), names(b), 0)
    If said <> 0 Then
        ComesBefore = (said < 0)
    Else
        ComesBefore = (sizes(a) < sizes(b))
    End If
End Function
